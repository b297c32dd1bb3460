"""
Use case: try imported items as if they came in day by day.

What is real: the items and their outcomes, the scoring, the routing, the queue, the estimates, the training.
What is simulated, and said with every result: when items come in, who sent those without a creator, and the
reviewers, who know the imported outcome and err as often as they are told to.
"""
