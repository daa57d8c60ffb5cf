update sync.erasure_receipt as receipt
set
    rows_removed = (
        select jsonb_object_agg(sums.table_name, sums.rows)
        from (
            select
                part.key as table_name,
                sum(part.value::bigint) as rows
            from (
                select * from jsonb_each_text(receipt.rows_removed)
                union all
                select * from jsonb_each_text(%(rows_removed)s)
            ) as part
            group by part.key
        ) as sums
    )
where receipt.receipt_id = %(receipt_id)s
