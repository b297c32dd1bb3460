"""The only code that imports torch, transformers and scikit-learn."""
