"""What is known: records, the ledger, snapshots, imports."""
