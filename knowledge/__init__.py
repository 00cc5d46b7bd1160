"""What the assistant may say of medicine: the facts of the clinic's article, and the check against the article."""
