<?php
// A session of PHP's PDO_ODBC as in sessions.py: pdo_odbc_session.php DSN ROUNDS
[, $dsn, $rounds] = $argv;
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

function connect(array $options = []): PDO {
    global $dsn;
    return new PDO("odbc:$dsn", '', '', $options + [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
}

$database = connect();
show('driver', [$database->getAttribute(PDO::ATTR_SERVER_INFO), $database->getAttribute(PDO::ATTR_CLIENT_VERSION)]);
show('created', [$database->exec('create table everything (id int primary key, amount numeric(12,3), day date,'
    . ' moment timestamp, word varchar(60), long_text text, bytes bytea)')]);

$insert = $database->prepare('insert into everything values (:id, :amount, :day, :moment, :word, :long, :bytes)');
foreach ([
    [1, '12345.678', '2024-02-29', '2024-02-29 12:30:01.25', 'naïve ' . UNICODE, str_repeat(UNICODE . ' ', 20000), "\x00\xff\x80"],
    [2, null, null, null, null, null, null],
    [3, '-0.001', '0001-01-01', '1999-12-31 23:59:59', '', "it's", null],
] as [$id, $amount, $day, $moment, $word, $long, $bytes]) {
    $insert->bindValue('id', $id, PDO::PARAM_INT);
    $insert->bindValue('amount', $amount);
    $insert->bindValue('day', $day);
    $insert->bindValue('moment', $moment);
    $insert->bindValue('word', $word, PDO::PARAM_STR);
    $insert->bindValue('long', $long, PDO::PARAM_STR);
    $stream = $bytes === null ? null : fopen('php://memory', 'r+b');
    if ($stream) {
        fwrite($stream, str_repeat($bytes, 5000));
        rewind($stream);
    }
    $insert->bindValue('bytes', $stream, PDO::PARAM_LOB);
    show('inserted', [$insert->execute(), $insert->rowCount()]);
}
$insert = $database->prepare('insert into everything (id, amount, word) values (?, ?, ?)');
foreach (range(10, 59) as $id) $insert->execute([$id, $id / 8, "word $id"]);

echo "settle\n";
while (fgets(STDIN) !== "go\n") {
    $database->query('select 1 from everything where id = -1')->fetchAll();
    echo "settle\n";
}

$all = $database->query('select * from everything order by id');
show('rows', ...$all->fetchAll(PDO::FETCH_NUM));
show('columns', ...array_map(fn ($column) => array_filter($all->getColumnMeta($column) ?: ['none'], 'is_scalar'), range(0, 6)));
$all->execute();
$all->bindColumn('long_text', $bound, PDO::PARAM_STR);
$all->fetch(PDO::FETCH_BOUND);
show('bound', [$bound]);
$all->closeCursor();
$found = $database->prepare('select id, word from everything where word = ?');
$found->execute(['naïve ' . UNICODE]);
show('by word', ...$found->fetchAll(PDO::FETCH_ASSOC));

$point = $database->prepare('select word, amount from everything where id = ?');
$sum = 0;
foreach ([...range(10, 59), ...range(10, 59)] as $id) {
    $point->execute([$id]);
    $sum += $point->fetch()['amount'];
    $point->closeCursor();
}
show('prepared', [$sum]);

$outer = $database->query('select id from everything where id between 10 and 14 order by id');
$inner = $database->prepare('select word from everything where id > ? order by id');
foreach ($outer as [$id]) {
    $inner->execute([$id]);
    show('nested', [$id, $inner->fetchColumn()]);
}
// Not to be had with psqlodbc, and refused without an exception.
show('scrolling', [$database->prepare('select 1', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL])], $database->errorInfo());
$two = $database->query('select id from everything where id = 10; select word from everything where id = 11');
do {
    show('one of two', ...$two->fetchAll(PDO::FETCH_NUM));
} while ($two->nextRowset());

foreach (['selec 1', 'select * from nowhere', 'insert into everything (id) values (1)', 'select 1/0', "select 'x'::int"] as $bad) {
    try {
        show($bad, $database->query($bad)->fetchAll());
    } catch (PDOException $error) {
        show($bad, [$error->getCode(), $error->getMessage()], $error->errorInfo, $database->errorInfo());
    }
}

$count = fn () => $database->query('select count(*) from everything')->fetch(PDO::FETCH_NUM);
$database->beginTransaction();
$database->exec("insert into everything (id, word) values (100, 'rolled back')");
show('inside', $count());
$database->rollBack();
show('rolled back', $count());
$database->setAttribute(PDO::ATTR_AUTOCOMMIT, false);
show('updated', [$database->exec("update everything set word = 'changed' where id between 10 and 19")]);
$database->setAttribute(PDO::ATTR_AUTOCOMMIT, true);
$database->beginTransaction();
foreach (['insert into everything (id) values (1)', 'select 1'] as $failing) {
    try {
        $database->query($failing);
    } catch (PDOException $error) {
        show('failed', $error->errorInfo);
    }
}
$database->rollBack();
$database->beginTransaction();
$database->exec("insert into everything (id, word) values (101, 'committed')");
$database->commit();
show('committed', $count(), [$database->inTransaction()]);

$seen = 0;
$write = $database->prepare('insert into everything (id, word) values (?, ?)');
foreach (range(1, (int) $rounds) as $round) {
    $write->execute([1000 + $round, "round $round"]);
    $another = connect([PDO::ATTR_AUTOCOMMIT => $round % 2]);
    $read = $another->prepare('select word from everything where id = ?');
    $read->execute([1000 + $round]);
    $seen += $read->fetchColumn() === "round $round";
    unset($read, $another);
}
echo "$seen of $rounds rounds read what they wrote\n";
$inner = $outer = $two = null;
$database->exec('drop table everything');
