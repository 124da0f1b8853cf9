<?php
// A session of PHP's odbc_* functions as in sessions.py: php_odbc_session.php DSN ROUNDS
[, $dsn, $rounds] = $argv;
error_reporting(E_ALL & ~E_WARNING);
ini_set('odbc.defaultlrl', '400000');
const UNICODE = 'ä€漢😀';

function shown(mixed $value): string {
    if ($value === null) return 'NULL';
    if ($value === true || $value === false) return $value ? 'true' : 'false';
    return strlen($value) <= 200 ? "'$value'" : strlen($value) . ' long, ' . md5($value);
}

function show(string $title, array ...$rows): void {
    echo $title, "\n";
    foreach ($rows as $row) echo '    ', implode(' | ', array_map('shown', array_values($row))), "\n";
}

function rows(mixed $result): array {
    $rows = [];
    while ($result && ($row = odbc_fetch_array($result))) $rows[] = $row;
    return $rows;
}

// Catalog columns are called differently in ODBC 2 and 3, so by number.
function selection(array $rows, int ...$columns): array {
    return array_map(fn ($row) => array_map(fn ($column) => array_values($row)[$column - 1], $columns), $rows);
}

$database = odbc_connect($dsn, '', '');
show('driver', odbc_data_source($database, SQL_FETCH_NEXT) ?: ['none']);
odbc_exec($database, 'create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp,'
    . ' word varchar(60), long_text text, bytes bytea)');

$insert = odbc_prepare($database, 'insert into everything values (?, ?, ?, ?, ?, ?, ?)');
foreach ([
    [1, '12345.678', '2024-02-29', '2024-02-29 12:30:01.25', 'naïve ' . UNICODE, str_repeat(UNICODE . ' ', 20000),
        str_repeat("\x00\xff\x80", 5000)],
    [2, null, null, null, null, null, null],
    [3, '-0.001', '0001-01-01', '1999-12-31 23:59:59', '', "it's", ''],
] as $row) {
    show('inserted', [odbc_execute($insert, $row), odbc_num_rows($insert)]);
}
$insert = odbc_prepare($database, 'insert into everything (id, amount, word) values (?, ?, ?)');
foreach (range(10, 59) as $id) odbc_execute($insert, [$id, $id / 8, "word $id"]);

echo "settle\n";
while (fgets(STDIN) !== "go\n") {
    odbc_exec($database, 'select 1 from everything where id = -1');
    echo "settle\n";
}

$all = odbc_exec($database, 'select * from everything order by id');
foreach (range(1, odbc_num_fields($all)) as $column) {
    show('column', [odbc_field_name($all, $column), odbc_field_type($all, $column), odbc_field_len($all, $column),
        odbc_field_scale($all, $column)]);
}
show('rows', ...rows($all));
$found = odbc_prepare($database, 'select id, word from everything where word = ?');
odbc_execute($found, ['naïve ' . UNICODE]);
show('by word', ...rows($found));

$point = odbc_prepare($database, 'select word, amount from everything where id = ?');
$sum = 0;
foreach ([...range(10, 59), ...range(10, 59)] as $id) {
    odbc_execute($point, [$id]);
    $sum += odbc_fetch_array($point)['amount'];
}
show('prepared', [$sum]);

$outer = odbc_exec($database, 'select id from everything where id between 10 and 14 order by id');
$inner = odbc_prepare($database, 'select word from everything where id > ? order by id');
while (odbc_fetch_row($outer)) {
    odbc_execute($inner, [odbc_result($outer, 1)]);
    odbc_fetch_row($inner);
    show('nested', [odbc_result($outer, 1), odbc_result($inner, 'word')]);
}
ob_start();
odbc_longreadlen($all = odbc_exec($database, 'select long_text from everything where id = 1'), 0);
odbc_fetch_row($all);
odbc_result($all, 1);
show('passed through', [ob_get_clean()]);

show('tables', ...selection(rows(odbc_tables($database, null, '%', 'everything', 'TABLE')), 3, 4));
show('columns', ...selection(rows(odbc_columns($database, null, '%', 'everything', '%')), 4, 6, 7, 8, 9, 11));
show('keys', ...selection(rows(odbc_primarykeys($database, '', 'public', 'everything')), 4, 5, 6));
show('statistics', ...selection(rows(odbc_statistics($database, '', 'public', 'everything', SQL_INDEX_ALL, SQL_QUICK)),
    4, 6, 9));
show('special', ...selection(rows(odbc_specialcolumns($database, SQL_BEST_ROWID, '', 'public', 'everything', SQL_SCOPE_SESSION,
    SQL_NULLABLE)), 2, 4));
show('types', ...selection(rows(odbc_gettypeinfo($database)), 1, 2));

foreach (['selec 1', 'select * from nowhere', 'insert into everything (id) values (1)', 'select 1/0', "select 'x'::int"] as $bad) {
    show($bad, [(bool) odbc_exec($database, $bad), odbc_error($database), odbc_errormsg($database)]);
}

$count = fn () => rows(odbc_exec($database, 'select count(*) from everything'))[0];
odbc_autocommit($database, false);
odbc_exec($database, "insert into everything (id, word) values (100, 'rolled back')");
show('inside', $count());
odbc_rollback($database);
show('rolled back', $count());
$update = odbc_exec($database, "update everything set word = 'changed' where id between 10 and 19");
show('updated', [odbc_num_rows($update)]);
show('failed', [(bool) odbc_exec($database, 'insert into everything (id) values (1)'), odbc_error($database)]);
show('aborted', [(bool) odbc_exec($database, 'select 1'), odbc_error($database), odbc_errormsg($database)]);
odbc_rollback($database);
odbc_exec($database, "insert into everything (id, word) values (101, 'committed')");
odbc_commit($database);
show('committed', $count());
odbc_commit($database);
odbc_autocommit($database, true);

$seen = 0;
$write = odbc_prepare($database, 'insert into everything (id, word) values (?, ?)');
foreach (range(1, (int) $rounds) as $round) {
    odbc_execute($write, [1000 + $round, "round $round"]);
    $another = odbc_connect($dsn, '', '', $round % 2 ? SQL_CUR_USE_DRIVER : SQL_CUR_USE_IF_NEEDED);
    $read = odbc_prepare($another, 'select word from everything where id = ?');
    odbc_execute($read, [1000 + $round]);
    $seen += (odbc_fetch_array($read)['word'] ?? '') === "round $round";
    odbc_free_result($read);
    odbc_close($another);
}
echo "$seen of $rounds rounds read what they wrote\n";
odbc_exec($database, 'drop table everything');
odbc_close_all();
