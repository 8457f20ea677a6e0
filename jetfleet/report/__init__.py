"""One page of a run or of a status, for whoever was not there."""
