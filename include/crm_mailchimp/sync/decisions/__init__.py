"""What is to become of each member, and what a person has to approve."""
