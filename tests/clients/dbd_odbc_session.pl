#!/usr/bin/perl
# A session of DBD::ODBC as in sessions.py: dbd_odbc_session.pl DSN ROUNDS
use strict;
use warnings;
use DBI qw(:sql_types);
use Digest::MD5 qw(md5_hex);

$| = 1;
my ($dsn, $rounds) = @ARGV;
# Debian's DBD::ODBC hands over bytes: text is UTF-8 here and there.
my $unicode = 'ä€漢😀';

sub shown {
    my ($value) = @_;
    return 'NULL' if !defined $value;
    return "'$value'" if length $value <= 200;
    return length($value) . ' long, ' . md5_hex($value);
}

sub show {
    my ($title, @rows) = @_;
    print "$title\n";
    print '    ', join(' | ', map { shown($_) } @$_), "\n" for @rows;
    return;
}

sub open_connection {
    my ($autocommit) = @_;
    my $connection = DBI->connect("dbi:ODBC:$dsn", '', '', {PrintError => 0, RaiseError => 1, AutoCommit => $autocommit});
    $connection->{LongReadLen} = 400_000;
    return $connection;
}

my $database = open_connection(1);
# 17 and 6: SQL_DBMS_NAME, SQL_DRIVER_NAME.
show('driver', [map { $database->get_info($_) } 17, 6], ["unicode $database->{odbc_has_unicode}"]);
$database->do('create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp, '
      . 'word varchar(60), long_text text, bytes bytea)');

my $insert = $database->prepare('insert into everything values (?, ?, ?, ?, ?, ?, ?)');
my @types = (SQL_INTEGER, SQL_DECIMAL, SQL_TYPE_DATE, SQL_TYPE_TIMESTAMP, SQL_VARCHAR, SQL_LONGVARCHAR, SQL_LONGVARBINARY);
for my $row (
    [1, '12345.678', '2024-02-29', '2024-02-29 12:30:01.25', "naïve $unicode", "$unicode " x 20_000, "\x00\xff\x80" x 5000],
    [2, (undef) x 6],
    [3, '-0.001', '0001-01-01', '1999-12-31 23:59:59', '', "it's", ''],
  )
{
    $insert->bind_param($_ + 1, $row->[$_], {TYPE => $types[$_]}) for 0 .. $#types;
    show('inserted', [$insert->execute, $insert->rows]);
}
my $many = $database->prepare('insert into everything (id, amount, word) values (?, ?, ?)');
my @status;
$many->execute_array({ArrayTupleStatus => \@status}, [10 .. 59], [map { $_ / 8 } 10 .. 59], [map { "word $_" } 10 .. 59]);
show('array', [@status]);

print "settle\n";
while (<STDIN> ne "go\n") {
    $database->selectall_arrayref('select 1 from everything where id = -1');
    print "settle\n";
}

my $all = $database->prepare('select * from everything order by id');
$all->execute;
show('columns', $all->{NAME}, $all->{TYPE}, $all->{PRECISION}, $all->{SCALE}, $all->{NULLABLE});
show('rows', @{$all->fetchall_arrayref});
my $found = $database->prepare('select id, word from everything where word = ?');
$found->bind_param(1, "naïve $unicode", SQL_VARCHAR);
$found->execute;
show('by word', @{$found->fetchall_arrayref});

my $point = $database->prepare('select word, amount from everything where id = ?');
my $sum = 0;
for my $id (10 .. 59, 10 .. 59) {
    $point->execute($id);
    my ($word, $amount) = $point->fetchrow_array;
    $sum += $amount;
    $point->finish;
}
show('prepared', [$sum]);
show('typed', $database->selectrow_arrayref('select cast(? as int) + 1, cast(? as text), cast(? as numeric(10,2))', undef, 41, $unicode, '1.5'));

my ($outer, $inner) = map { $database->prepare($_) } 'select id from everything where id between 10 and 14 order by id',
  'select word from everything where id > ? order by id';
$outer->execute;
while (my ($id) = $outer->fetchrow_array) {
    $inner->execute($id);
    show('nested', [$id, $inner->fetchrow_array]);
}
$inner->finish;

show('tables', map { [@$_[2, 3]] } @{$database->table_info('', '%', 'everything', 'TABLE')->fetchall_arrayref});
show('columns', map { [@$_[3 .. 10, 16]] } @{$database->column_info('', '%', 'everything', '%')->fetchall_arrayref});
show('keys', map { [@$_[3 .. 5]] } @{$database->primary_key_info('', 'public', 'everything')->fetchall_arrayref});
show('statistics', map { [@$_[2, 3, 6, 7, 8]] } @{$database->statistics_info('', 'public', 'everything', 1, 0)->fetchall_arrayref});
show('types', map { [@$_[0 .. 2]] } @{$database->type_info_all}[1 .. 20]);

for my $bad ('selec 1', 'select * from nowhere', 'insert into everything (id) values (1)', 'select 1/0', "select 'x'::int") {
    eval { my $statement = $database->prepare($bad); $statement->execute; $statement->fetchall_arrayref; 1 }
      or show($bad, [$DBI::state, $DBI::err, $DBI::errstr]);
}

$database->{AutoCommit} = 0;
my $count = 'select count(*) from everything';
$database->do("insert into everything (id, word) values (100, 'rolled back')");
show('inside', $database->selectrow_arrayref($count));
$database->rollback;
show('rolled back', $database->selectrow_arrayref($count));
show('updated', [$database->do("update everything set word = 'changed' where id between 10 and 19")]);
eval { $database->do('insert into everything (id) values (1)') } or show('failed', [$DBI::state]);
eval { $database->selectrow_arrayref($count) } or show('aborted', [$DBI::state, $DBI::errstr]);
$database->rollback;
$database->do("insert into everything (id, word) values (101, 'committed')");
$database->commit;
show('committed', $database->selectrow_arrayref($count));
$database->commit;
$database->{AutoCommit} = 1;

my $seen = 0;
for my $round (1 .. $rounds) {
    $database->do('insert into everything (id, word) values (?, ?)', undef, 1000 + $round, "round $round");
    my $another = open_connection($round % 2);
    my ($word) = $another->selectrow_array('select word from everything where id = ?', undef, 1000 + $round);
    $seen += ($word // '') eq "round $round";
    $another->rollback if !($round % 2);
    $another->disconnect;
}
print "$seen of $rounds rounds read what they wrote\n";
$database->do('drop table everything');
$database->disconnect;
