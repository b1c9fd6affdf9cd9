"""Who would like to come earlier, and who is offered which time that frees."""
