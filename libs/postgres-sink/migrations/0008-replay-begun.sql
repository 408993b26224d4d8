-- When a quarantined message was first about to be sent again. While the ledger still has what was placed since then, it
-- tells whether a replay that was cut short was loaded; after that nobody knows.
alter table masque.quarantine add column replay_began timestamptz;
