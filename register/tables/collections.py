"""Collections of premium, their due times, warnings and breaches."""
