"""Behind `fewshot`: the draws, the two ways to use them, and what is asked before and after."""
