-- What was done in Mailchimp for one person. A rerun writes again how many members are left alone.
update sync.erasure_receipt
set
    audiences = %(audiences)s,
    members_deleted = members_deleted + %(members_deleted)s,
    left_alone = %(left_alone)s
where receipt_id = %(receipt_id)s
