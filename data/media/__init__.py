"""Video files become frames, sound levels, findings and hashes; the only code that talks to PyAV."""
