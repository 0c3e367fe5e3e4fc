"""The audit log: who decided what, in a chain that shows every change."""
