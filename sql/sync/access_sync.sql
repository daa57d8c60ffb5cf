-- What the sync state stores about a person: section and record.
select
    'suppression' as section,
    to_jsonb(suppression) - 'digest' as record
from sync.suppression as suppression
where suppression.digest = any(%(digests)s::bytea[])
union all
-- Which colleague looked is not about the person.
select
    'look-ups on the page' as section,
    to_jsonb(lookup) - 'digest' - 'looked_up_by' as record
from sync.person_lookup as lookup
where lookup.digest = any(%(digests)s::bytea[])
union all
select
    'erasures' as section,
    to_jsonb(receipt) - 'contact_digest' as record
from sync.erasure_receipt as receipt
where receipt.contact_digest = any(%(digests)s::bytea[])
union all
select
    'erased addresses' as section,
    to_jsonb(erased) - 'digest' as record
from sync.erased_subscriber as erased
where erased.digest = any(%(digests)s::bytea[])
union all
select
    'to be taken away in the CRM' as section,
    jsonb_build_object('collection_code', audience.collection_code)
    || to_jsonb(erased) - 'contact_digest' as record
from sync.erased_status as erased
left join sync.collection_audience as audience on erased.collection_id = audience.collection_id
where erased.contact_digest = any(%(digests)s::bytea[])
union all
select
    'audience members' as section,
    jsonb_build_object('collection_code', audience.collection_code) || to_jsonb(member) as record
from sync.member as member
left join sync.audience as audience on member.list_id = audience.list_id
where
    member.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or member.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'language, city and country for dashboards' as section,
    to_jsonb(attribute) as record
from sync.contact_attribute as attribute
where attribute.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'tags in shared audiences' as section,
    jsonb_build_object('collection_code', tag.collection_code, 'tag', tag.name) || to_jsonb(tagged) as record
from sync.tag_member as tagged
left join sync.tag as tag on tagged.list_id = tag.list_id and tagged.collection_id = tag.collection_id
where
    tagged.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or tagged.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'other ids of an address in Mailchimp' as section,
    to_jsonb(alias) as record
from sync.subscriber_alias as alias
where
    alias.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or alias.address_hash = any(%(subscriber_hashes)s::text[])
union all
select
    'proof of consent' as section,
    to_jsonb(proof) as record
from sync.consent_proof as proof
where
    proof.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or proof.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'held back' as section,
    to_jsonb(quarantine)
    || jsonb_build_object('explanation', reason.explanation, 'what_to_do', reason.what_to_do) as record
from sync.quarantine as quarantine
left join sync.reason as reason on quarantine.reason_code = reason.reason_code
where quarantine.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'refused by Mailchimp' as section,
    to_jsonb(rejection) as record
from sync.rejection as rejection
where
    rejection.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or rejection.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'removals that waited for a decision' as section,
    coalesce(to_jsonb(request), '{}') || to_jsonb(removal) as record
from sync.removal_request_member as removal
left join sync.removal_request as request on removal.plan_id = request.plan_id
where
    removal.subscriber_hash = any(%(subscriber_hashes)s::text[])
    or removal.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'written back to the CRM' as section,
    jsonb_build_object('collection_code', audience.collection_code) || to_jsonb(written) as record
from sync.written_status as written
left join sync.collection_audience as audience on written.collection_id = audience.collection_id
where written.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'alerts about an erasure' as section,
    to_jsonb(alert) as record
from sync.alert as alert
where
    alert.collection_code in (
        select 'contact ' || contact_id from unnest(%(contact_ids)s::bigint[]) as asked (contact_id)
    )
union all
select
    'refusals' as section,
    to_jsonb(refusal) - 'address_digest'
    || jsonb_build_object(
        'collection_codes', array(
            select coalesce(audience.collection_code, known.collection_code, former.collection_code) as code
            from unnest(refusal.collection_ids) as held (collection_id)
            left join sync.collection_audience as audience on held.collection_id = audience.collection_id
            left join sync.known_collection as known on held.collection_id = known.collection_id
            -- A shared audience that was retired has no other row.
            left join (
                select
                    collection_id,
                    max(collection_code) as collection_code
                from sync.former_audience
                group by collection_id
            ) as former on held.collection_id = former.collection_id
            order by code
        )
    ) as record
from sync.refusal as refusal
where
    refusal.address_digest = any(%(digests)s::bytea[])
    or refusal.refusal_id in (
        select belongs.refusal_id from sync.refusal_contact as belongs
        where belongs.contact_id = any(%(contact_ids)s::bigint[])
    )
union all
select
    'contacts to which a refusal belongs' as section,
    jsonb_build_object('kind', refusal.kind, 'list_id', refusal.list_id) || to_jsonb(belongs) as record
from sync.refusal_contact as belongs
left join sync.refusal as refusal on belongs.refusal_id = refusal.refusal_id
where
    belongs.contact_id = any(%(contact_ids)s::bigint[])
    or belongs.merged_from = any(%(contact_ids)s::bigint[])
union all
select
    'addresses that the contact had' as section,
    to_jsonb(holder) - 'address_digest' as record
from sync.address_holder as holder
where holder.contact_id = any(%(contact_ids)s::bigint[])
union all
select
    'addresses changed in Mailchimp' as section,
    to_jsonb(changed) as record
from sync.changed_address as changed
where
    changed.contact_id = any(%(contact_ids)s::bigint[])
    or changed.old_hash = any(%(subscriber_hashes)s::text[])
    or changed.new_hash = any(%(subscriber_hashes)s::text[])
