insert into mart.contacts as kept (
    contact_key, contact_id, subscriber_hash, audiences, current_audiences, cleaned_audiences,
    is_erased, language, city, country
)
select
    contact_key,
    max(contact_id) as contact_id,
    case when max(contact_id) is null then max(subscriber_hash) end as subscriber_hash,
    count(distinct list_id) as audiences,
    count(distinct list_id) filter (where status in ('subscribed', 'pending')) as current_audiences,
    count(distinct list_id) filter (where status = 'cleaned') as cleaned_audiences,
    bool_and(is_erased) as is_erased,
    max(attribute.language) as language,
    max(attribute.city) as city,
    max(attribute.country) as country
from counted_member
left join
    lateral (
        select
            known.language,
            known.city,
            known.country
        from sync.contact_attribute as known
        where known.contact_id = counted_member.contact_id
        offset 0
    ) as attribute
    on true
group by contact_key
on conflict (contact_key) do update
    set
        audiences = excluded.audiences,
        current_audiences = excluded.current_audiences,
        cleaned_audiences = excluded.cleaned_audiences,
        is_erased = excluded.is_erased,
        language = excluded.language,
        city = excluded.city,
        country = excluded.country
    where
    (
        kept.audiences, kept.current_audiences, kept.cleaned_audiences, kept.is_erased, kept.language,
        kept.city, kept.country
    ) is distinct from (
        excluded.audiences, excluded.current_audiences, excluded.cleaned_audiences, excluded.is_erased,
        excluded.language, excluded.city, excluded.country
    );
