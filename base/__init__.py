"""The ground floor: knows no ticket, case, intent or enterprise."""
