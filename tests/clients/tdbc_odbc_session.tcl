# A session of Tcl's tdbc::odbc as in sessions.py: tdbc_odbc_session.tcl DSN ROUNDS
package require tdbc::odbc
lassign $argv dsn rounds
encoding system utf-8
chan configure stdout -encoding utf-8 -buffering line
# Tcl 8.6 has no characters beyond the basic plane.
set unicode "ä€漢"

proc shown {value} {
    expr {[string length $value] <= 200 ? "'$value'" : "[string length $value] long, [zlib crc32 [encoding convertto utf-8 $value]]"}
}

proc show {title args} {
    puts $title
    foreach row $args {
        puts "    [join [lmap value $row {shown $value}] { | }]"
    }
}

# NULLs are keys that are missing.
proc show_dictionaries {title rows} {
    show $title {*}[lmap row $rows {lmap key [dict keys $row] {string cat $key= [shown [dict get $row $key]]}}]
}

proc outcome {script} {
    if {[catch {uplevel 1 $script} result options]} {
        # What follows is the native error, 32 bits of it.
        return [list $result [lrange [dict get $options -errorcode] 0 3] [expr {[lindex [dict get $options -errorcode] 4] & 0xffffffff}]]
    }
    return [list $result]
}

set database [tdbc::odbc::connection new "DSN=$dsn"]
show driver [$database configure]
$database allrows {create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp,
    word varchar(60), long_text text, bytes bytea)}
$database allrows {create table part (id int primary key, whole int references everything)}

set insert [$database prepare {insert into everything values (:id, :amount, :day, :moment, :word, :long, :bytes)}]
foreach {name type size scale} {id integer {} {} amount decimal 12 3 day varchar 10 {} moment varchar 30 {}
    word varchar 60 {} long longvarchar 400000 {} bytes longvarbinary 400000 {}} {
    $insert paramtype $name in $type {*}$size {*}$scale
}
show parameters {*}[dict values [$insert params]]
foreach row [list \
    [dict create id 1 amount 12345.678 day 2024-02-29 moment {2024-02-29 12:30:01.25} word "naïve $unicode" \
        long [string repeat "$unicode " 40000] bytes [string repeat "\x00\xff\x80" 5000]] \
    [dict create id 2] \
    [dict create id 3 amount -0.001 day 0001-01-01 moment {1999-12-31 23:59:59} word {} long it's bytes {}]] {
    set result [$insert execute $row]
    show inserted [$result rowcount]
    $result close
}
set insert [$database prepare {insert into everything (id, amount, word) values (:id, :amount, :word)}]
for {set id 10} {$id < 60} {incr id} {
    $insert allrows [dict create id $id amount [expr {$id / 8.0}] word "word $id"]
}

puts settle
while {[gets stdin] ne "go"} {
    $database allrows {select 1 from everything where id = -1}
    puts settle
}

set all [$database prepare {select * from everything order by id}]
set result [$all execute]
show columns [$result columns]
show_dictionaries rows [$result allrows]
$result close
show lists {*}[$database allrows -as lists {select id, amount, word from everything where id < 12 order by id}]
set word "naïve $unicode"
show_dictionaries {by word} [$database allrows {select id, word from everything where word = :word}]

set point [$database prepare {select word, amount from everything where id = :id}]
set sum 0
foreach pass {1 2} {
    for {set id 10} {$id < 60} {incr id} {
        $point foreach row [dict create id $id] {set sum [expr {$sum + [dict get $row amount]}]}
    }
}
show prepared [list $sum]

set inner [$database prepare {select word from everything where id > :id order by id}]
$database foreach -as lists row {select id from everything where id between 10 and 14 order by id} {
    set id [lindex $row 0]
    set result [$inner execute]
    $result nextlist first
    show nested [list $id {*}$first]
    $result close
}

show_dictionaries tables [dict values [$database tables everything]]
# psqlodbc adds the table's object id, which is another one each time.
show_dictionaries columns [lmap column [dict values [$database columns everything]] {
    dict filter $column script {key value} {expr {![string match -nocase *oid* $key]}}
}]
show_dictionaries keys [$database primarykeys everything]
show_dictionaries {foreign keys} [$database foreignkeys -foreign part]

foreach bad {{selec 1} {select * from nowhere} {insert into everything (id) values (1)} {select 1/0} {select 'x'::int}} {
    show $bad [outcome {$database allrows $bad}]
}

proc count {title} {
    show $title {*}[$::database allrows -as lists {select count(*) from everything}]
}
$database begintransaction
$database allrows {insert into everything (id, word) values (100, 'rolled back')}
count inside
$database rollback
count {rolled back}
show transaction [outcome {$database transaction {
    $database allrows {update everything set word = 'changed' where id between 10 and 19}
    $database allrows {insert into everything (id) values (1)}
}}]
count failed
$database begintransaction
outcome {$database allrows {select * from nowhere}}
show aborted [outcome {$database allrows {select 1}}]
$database rollback
$database transaction {$database allrows {insert into everything (id, word) values (101, 'committed')}}
count committed
$database configure -isolation serializable
count serializable
$database configure -isolation readcommitted

set seen 0
for {set round 1} {$round <= $rounds} {incr round} {
    set id [expr {1000 + $round}]
    set word "round $round"
    $database allrows {insert into everything (id, word) values (:id, :word)}
    set another [tdbc::odbc::connection new "DSN=$dsn"]
    incr seen [expr {[$another allrows -as lists {select word from everything where id = :id}] eq [list [list $word]]}]
    $another close
}
puts "$seen of $rounds rounds read what they wrote"
$database allrows {drop table part, everything}
$database close
