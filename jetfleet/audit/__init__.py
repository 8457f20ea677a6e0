"""The audit logs of boards, as a workstation reads them: lines, heads, and what is missing."""
