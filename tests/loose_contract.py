"""A contract without its keys and checks, as a deployment's views may have it."""

#: What a deployment's views may leave of the contract: wider ids, no keys, nulls, any word.
LOOSE = """
alter table crm.contact_collection
    drop constraint contact_collection_owner_id_fkey,
    drop constraint contact_collection_external_provider_fkey,
    drop constraint contact_collection_campaign_type_fkey,
    drop constraint contact_collection_code_key,
    drop constraint contact_collection_pkey cascade,
    alter collection_id type numeric(20, 2), alter collection_id drop not null,
    alter code drop not null, alter description drop not null, alter is_active drop not null,
    alter is_static drop not null, alter is_shared drop not null,
    alter use_provider_defaults drop not null, alter sync_merge_fields drop not null;
alter table crm.external_provider drop constraint external_provider_pkey;
alter table crm.campaign_type drop constraint campaign_type_pkey cascade;
alter table crm.campaign_type drop constraint campaign_type_gdpr_category_check,
    alter gdpr_category drop not null;
alter table crm.resource drop constraint resource_pkey;
alter table crm.contact drop constraint contact_pkey,
    alter contact_id type numeric(20, 2), alter contact_id drop not null,
    alter merged_into_id type numeric, alter is_active drop not null;
alter table crm.contact_field drop constraint contact_field_pkey,
    drop constraint contact_field_data_type_check,
    alter code drop not null, alter label drop not null, alter data_type drop not null;
alter table crm.contact_field_value drop constraint contact_field_value_pkey,
    alter contact_id type numeric, alter contact_id drop not null, alter value drop not null,
    alter field_code drop not null;
alter table crm.consent drop constraint consent_pkey,
    alter consent_id type numeric(20, 2), alter consent_id drop not null,
    alter contact_id type numeric, alter contact_id drop not null,
    alter granted drop not null, alter effective_at drop not null;
alter table crm.collection_member drop constraint collection_member_pkey,
    alter collection_id type numeric(20, 2), alter contact_id type numeric(20, 2),
    alter collection_id drop not null, alter contact_id drop not null;
"""
