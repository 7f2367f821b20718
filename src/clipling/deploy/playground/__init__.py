"""The page on which a student is tried beside its teacher: `panel` answers, `markup` words it, `page` lays it out,
`server` shows it, `gate` says to whom.
"""
