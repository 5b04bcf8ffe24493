"""The command `faceserver`: the whole stack on one machine."""
