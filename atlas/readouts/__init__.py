"""What a model says, given what its encoder gives: the outcomes that edits of features are judged by."""
