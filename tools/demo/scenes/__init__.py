"""The synthetic corpus: speech, music and sounds made by programs, with their truth.

`sets.py` has the two sets, one to train on and one to show, which share no parameter of synthesis (`worlds.py`);
`files.py` writes a set as a corpus that `atlas index` reads.
"""
