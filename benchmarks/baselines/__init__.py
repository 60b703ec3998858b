"""What a good developer would write first, each answering the same question with the same answer as ours."""
