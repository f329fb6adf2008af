"""Forms of the register, by what they are about. A form says what is missing; what may be is decided by the actions."""
