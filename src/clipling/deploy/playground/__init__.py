"""The page on which a student is tried beside its teacher: `panel` answers, `markup` words, `page`, `server` show."""
