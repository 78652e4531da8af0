"""What comes in: requests, their authorisation, and what people see."""
