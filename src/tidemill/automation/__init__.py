"""Which assets are to be made now, as a pure function of conditions, of what a store has, and of the time.

conditions ──needs──▶ Needs ──one read (execution)──▶ Facts ──evaluate(…, cursor)──▶ Evaluation, with a new cursor

facts        what a store says, and what is needed of it
needs        which conditions there are, and what they need to be told
subsets      slices of one asset or check
slices       how the slices of assets correspond
cursors      what is known from the evaluation before
questions    the leaves: what is asked of one asset
rules, lag   the older vocabulary: rules, and data of a certain age
evaluation   the tree, asset by asset
"""
