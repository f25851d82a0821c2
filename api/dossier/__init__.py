"""Evidence packages: everything of a case in one signed file that somebody who trusts nobody can check without us."""
