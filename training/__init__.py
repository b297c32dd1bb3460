"""How a model is made, judged, stored and promoted."""
