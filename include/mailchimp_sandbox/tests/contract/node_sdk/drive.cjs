// Drives the sandbox with the official Node SDK; prints what it saw as one JSON object.
// Arguments: folder with node_modules, base URL of the API, API key, then either the subscriber hash
// of the reader, or "past" with an audience and a campaign in which simulated days have passed.
const { createRequire } = require("node:module");
const path = require("node:path");

const [folder, baseUrl, key, readerHash, pastList, pastCampaign] = process.argv.slice(2);
const client = createRequire(path.join(folder, "package.json"))("@mailchimp/mailchimp_marketing");
client.setConfig({ apiKey: key, server: "us1" });
client.basePath = baseUrl;

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return { status: error.status, title: JSON.parse(error.response.text).title };
  }
  throw new Error("it should have been refused");
}

async function readPast() {
  const report = await client.reports.getCampaignReport(pastCampaign);
  const counts = {};
  let read = 0;
  while (read < report.emails_sent) {
    const page = await client.reports.getEmailActivityForCampaign(pastCampaign, {
      count: 1000, offset: read,
    });
    read += page.emails.length;
    for (const row of page.emails) {
      for (const event of row.activity) counts[event.action] = (counts[event.action] || 0) + 1;
    }
  }
  const left = await client.reports.getUnsubscribedListForCampaign(pastCampaign, {
    count: 1000,
  });
  const list = await client.lists.getList(pastList);
  process.stdout.write(JSON.stringify({
    campaigns: list.stats.campaign_count,
    opens: report.opens.opens_total,
    clicks: report.clicks.clicks_total,
    unsubscribed: left.unsubscribes.length,
    activity: counts,
  }));
}

async function main() {
  const seen = { ping: (await client.ping.get()).health_status };
  const list = await client.lists.createList({
    name: "Πελάτες",
    contact: { company: "Ελαιώνες", address1: "Ερμού 1", city: "Αθήνα", country: "GR" },
    permission_reminder: "Γραφτήκατε στο κατάστημα",
    campaign_defaults: {
      from_name: "Ελαιώνες", from_email: "nea@elaiones.gr", subject: "Νέα", language: "el",
    },
    email_type_option: false,
  });
  seen.list = (await client.lists.getList(list.id)).name;
  const field = await client.lists.addListMergeField(list.id, {
    tag: "POLI", name: "Πόλη", type: "text",
  });
  await client.lists.updateListMergeField(list.id, field.merge_id, { name: "Πόλη κατοικίας" });
  seen.fields = (await client.lists.getListMergeFields(list.id)).merge_fields.map((f) => f.tag);

  const reader = { email_address: "eleni@otenet.gr", status: "subscribed" };
  const rows = ["eleni", "nikos", "maria"].map((name) => ({
    email_address: `${name}@otenet.gr`, status: "subscribed",
    merge_fields: { FNAME: "Ελένη", POLI: "Θεσσαλονίκη" },
  }));
  const added = await client.lists.batchListMembers(list.id, { members: rows });
  seen.added = [added.total_created, added.error_count];
  await client.lists.updateListMember(list.id, readerHash, { merge_fields: { LNAME: "Γεωργίου" } });
  await client.lists.updateListMemberTags(list.id, readerHash, {
    tags: [{ name: "Πιστή", status: "active" }],
  });
  const member = await client.lists.getListMember(list.id, readerHash);
  seen.member = [member.status, member.merge_fields.LNAME, member.tags[0].name];
  seen.again = await refusal(() => client.lists.addListMember(list.id, reader));
  const page = await client.lists.getListMembersInfo(list.id, { count: 2, offset: 2 });
  seen.page = [page.members.length, page.total_items];

  const tag = await client.lists.createSegment(list.id, { name: "Πιστοί", static_segment: [] });
  const tagged = await client.lists.batchSegmentMembers(
    { members_to_add: [reader.email_address, "nikos@otenet.gr", "xenos@otenet.gr"] },
    list.id, tag.id,
  );
  seen.tagged = [tagged.total_added, tagged.error_count];
  const untagged = await client.lists.batchSegmentMembers(
    { members_to_remove: ["nikos@otenet.gr"] }, list.id, tag.id,
  );
  seen.untagged = [untagged.total_removed, untagged.error_count];
  seen.strangers = await refusal(() => client.lists.batchSegmentMembers(
    { members_to_add: ["xenos@otenet.gr"] }, list.id, tag.id,
  ));
  const tags = (await client.lists.tagSearch(list.id, { name: "Πιστο" })).tags;
  seen.found = tags.map((row) => row.name);
  const inside = await client.lists.getSegmentMembersList(list.id, tag.id, { count: 10 });
  seen.inside = inside.members.map((row) => row.email_address);
  const draft = await client.campaigns.create({
    type: "regular",
    recipients: { list_id: list.id, segment_opts: { saved_segment_id: tag.id } },
    settings: { subject_line: "Νέα", title: "Στους πιστούς" },
  });
  seen.reached = draft.recipients.recipient_count;
  await client.campaigns.remove(draft.id);

  const batch = await client.batches.start({
    operations: [{ method: "GET", path: `/lists/${list.id}`, operation_id: "1" }],
  });
  let state;
  do {
    state = await client.batches.status(batch.id);
  } while (state.status !== "finished");
  seen.batch = [state.total_operations, state.errored_operations];
  seen.results = (await fetch(state.response_body_url)).status;

  const campaign = await client.campaigns.create({
    type: "regular",
    recipients: { list_id: list.id },
    settings: {
      subject_line: "Νέα σοδειά ☀", title: "Οκτώβριος",
      from_name: "Ελαιώνες", reply_to: "nea@elaiones.gr",
    },
  });
  await client.campaigns.setContent(campaign.id, {
    html: '<a href="https://elaiones.gr/λάδι">λάδι</a>',
  });
  seen.ready = (await client.campaigns.getSendChecklist(campaign.id)).is_ready;
  await client.campaigns.send(campaign.id);

  const control = (name, body) =>
    fetch(`${baseUrl.replace(/\/3\.0$/, "")}/_sandbox/${name}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  await control("clock/advance", { hours: 1 });
  await control("act", {
    list_id: list.id, email_address: reader.email_address, action: "click",
    campaign_id: campaign.id, times: 2,
  });
  const report = await client.reports.getCampaignReport(campaign.id);
  seen.report = [report.emails_sent, report.subject_line];
  const activity = await client.reports.getEmailActivityForSubscriber(campaign.id, readerHash);
  seen.clicks = activity.activity.filter((row) => row.action === "click").map((row) => row.url);
  seen.links = (await client.reports.getCampaignClickDetails(campaign.id)).urls_clicked.length;
  const sent = await client.reports.getCampaignRecipients(campaign.id, { count: 1000 });
  seen.recipients = sent.sent_to.length;
  process.stdout.write(JSON.stringify(seen));
}

(readerHash === "past" ? readPast() : main()).catch((error) => {
  console.error(error.response ? `${error.status} ${error.response.text}` : error);
  process.exit(1);
});
