-- How the sample makes its choices. It uses no random(). It takes a hash of the row's key, the kind of
-- choice (salt) and the seed (setting crm_sample.seed). So the same seed gives the same rows on every
-- machine. The result is at least 0 and below lots.
do $$
begin
    execute format(
        'create or replace function pg_temp.draw(id bigint, salt int, lots int) returns int '
        'language sql immutable parallel safe as '
        '''select ((hashint8extended(id, %s + salt) & 9223372036854775807) %% lots)::int''',
        current_setting('crm_sample.seed')::bigint * 1000003
    );
end
$$;

create temporary table sample_name (
    lot int,
    kind text,
    greek text,
    latin text,
    primary key (kind, lot)
) on commit drop;

insert into sample_name (kind, lot, greek, latin)
select
    names.kind,
    pairs.lot - 1 as lot,
    split_part(pairs.pair, '=', 1) as greek,
    split_part(pairs.pair, '=', 2) as latin
from (
    values
    (
        'first',
        'Γιώργος=George Μαρία=Maria Δημήτρης=Dimitris Ελένη=Eleni Κώστας=Kostas Κατερίνα=Katerina '
        'Γιάννης=Yannis Βασιλική=Vasiliki Νίκος=Nikos Σοφία=Sofia Παναγιώτης=Panagiotis Αγγελική=Angeliki '
        'Βασίλης=Vassilis Ζωή=Zoe Χρήστος=Christos Ιωάννα=Ioanna Αθανάσιος=Athanasios Αναστασία=Anastasia '
        'Μιχάλης=Michalis Δέσποινα=Despina Ευάγγελος=Evangelos Ευαγγελία=Evangelia Σπύρος=Spyros '
        'Χριστίνα=Christina Αντώνης=Antonis Φωτεινή=Fotini Ραφαήλ=Rafail Πηνελόπη=Penelope Θανάσης=Thanasis '
        'Αΐντα=Aida Οδυσσέας=Odysseas Ουρανία=Ourania'
    ),
    (
        'last',
        'Παπαδόπουλος=Papadopoulos Παππάς=Pappas Καραγιάννης=Karagiannis Βλάχος=Vlachos '
        'Ιωαννίδης=Ioannidis Οικονόμου=Oikonomou Παπαγεωργίου=Papageorgiou Μακρής=Makris '
        'Κωνσταντινίδης=Konstantinidis Δημόπουλος=Dimopoulos Γεωργίου=Georgiou Αθανασίου=Athanasiou '
        'Αντωνίου=Antoniou Νικολάου=Nikolaou Σταματίου=Stamatiou Αγγελόπουλος=Angelopoulos '
        'Χατζής=Chatzis Μαυρίδης=Mavridis Ζαχαρίου=Zachariou Θεοδωρίδης=Theodoridis Ψαρράς=Psarras '
        'Ξενάκης=Xenakis Λαμπρόπουλος=Lambropoulos Τριανταφύλλου=Triantafyllou Φωτίου=Fotiou '
        'Μαΐδης=Maidis Εξαδάκτυλος=Exadaktylos Πρωτονοτάριος=Protonotarios Γκίκας=Gikas '
        'Ρήγας=Rigas Σαμαράς=Samaras Ευθυμίου=Efthymiou'
    )
) as names (kind, pairs)
cross join lateral unnest(string_to_array(names.pairs, ' ')) with ordinality as pairs (pair, lot);
