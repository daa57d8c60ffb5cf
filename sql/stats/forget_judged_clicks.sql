-- New events: the clicks of the campaign are judged again.
delete from stats.judged_clicks
where campaign_id = %(campaign_id)s;
