"""What views show: which rows come through, and what their queries say."""
