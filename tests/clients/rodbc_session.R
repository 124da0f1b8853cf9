# A session of R's RODBC as in sessions.py: rodbc_session.R DSN ROUNDS
library(RODBC)
arguments <- commandArgs(trailingOnly = TRUE)
dsn <- arguments[1]
rounds <- as.integer(arguments[2])
unicode <- "\u00e4\u20ac\u6f22\U0001f600"
options(width = 10000, digits = 15)

show <- function(title, value) {
  cat(title, "\n", sep = "")
  # NULL, numbers, text and data frames alike; long text by its length.
  if (is.data.frame(value)) {
    for (column in names(value)) cat("   ", column, class(value[[column]]), shown(value[[column]]), "\n")
  } else {
    cat("   ", shown(value), "\n")
  }
}
shown <- function(values) {
  # psqlodbc tells no size of bytea, for which RODBC returns what happens to be in its memory.
  if (is.list(values)) values <- sapply(values, function(value) if (is.raw(value)) length(value) else value)
  values <- format(values, trim = TRUE, justify = "none", digits = 15)
  paste(ifelse(nchar(values, "bytes") > 400, paste(nchar(values), "long"), dQuote(values, FALSE)), collapse = ", ")
}

database <- odbcConnect(dsn, believeNRows = FALSE, DBMSencoding = "UTF-8")
show("driver", odbcGetInfo(database)[c("DBMS_Name", "Driver_Name")])
show("created", sqlQuery(database, paste(
  "create table everything (id int primary key, amount numeric(12,3), day date, moment timestamp,",
  "word varchar(60), long_text text, bytes bytea)")))
# RODBC has no parameters but those of sqlSave and sqlUpdate, and reads no more than the size that is reported of a column.
long <- paste(rep(paste0(unicode, " "), 8000), collapse = "")
insert <- function(...) show("inserted", sqlQuery(database, sprintf("insert into everything values (%s)", paste0(...))))
insert("1, 12345.678, '2024-02-29', '2024-02-29 12:30:01.25', 'na\u00efve ", unicode, "', '", long, "', '\\x00ff80'")
insert("2, null, null, null, null, null, null")
insert("3, -0.001, '0001-01-01', '1999-12-31 23:59:59', '', 'it''s', ''")
insert("4, 0, null, null, null, repeat('long ', 30000), decode(repeat('00ff80', 5000), 'hex')")
words <- data.frame(id = 10:59, amount = 10:59 / 8, word = c(unicode, NA, paste("word", 12:59)))
show("saved", sqlSave(database, words, "words", rownames = FALSE, varTypes = c(amount = "numeric(12,3)")))
show("saved", sqlSave(database, words[1:3, ], "words", append = TRUE, rownames = FALSE, fast = FALSE))
inserted <- sqlQuery(database, "insert into everything (id, amount, word) select distinct * from words order by id")

input <- file("stdin", "r")
cat("settle\n")
while (readLines(input, 1) != "go") {
  sqlQuery(database, "select 1 from everything where id = -1")
  cat("settle\n")
}
close(input)

show("rows", sqlQuery(database, "select id, amount, day, moment, word from everything order by id"))
show("long", sqlQuery(database, "select long_text, bytes from everything where id < 5 order by id"))
show("text", sqlQuery(database, "select * from everything where id in (1, 10) order by id", as.is = TRUE))
show("no rows", sqlQuery(database, "select * from everything where id < 0"))
show("by word", sqlQuery(database, paste0("select id from everything where word = 'na\u00efve ", unicode, "'")))
sum <- 0
for (id in rep(10:59, 2)) sum <- sum + sqlQuery(database, paste("select amount from everything where id =", id))[[1]]
show("repeated", sum)
show("fetched", sqlFetch(database, "everything", max = 3))
show("more", sqlFetchMore(database, max = 2))

another <- odbcConnect(dsn, believeNRows = FALSE)
show("queried", odbcQuery(database, "select id from everything order by id"))
show("queried", odbcQuery(another, "select word from everything order by id"))
for (step in 1:3) show("in turn", list(odbcFetchRows(database, max = 2)$data[[1]], step))
show("in turn", odbcFetchRows(another, max = 4)$data[[1]])

show("tables", sqlTables(database, tableName = "everything")[3:4])
show("columns", sqlColumns(database, "everything")[4:11])
show("keys", sqlPrimaryKeys(database, "everything")[4:5])
show("types", sqlTypeInfo(database)[1:3])

for (bad in c("selec 1", "select * from nowhere", "insert into everything (id) values (1)", "select 1/0",
              "select 'x'::int")) show(bad, sqlQuery(database, bad))
show("failed", odbcQuery(database, "select * from nowhere"))
show("error", odbcGetErrMsg(database))

count <- function(title) show(title, sqlQuery(database, "select count(*) from everything"))
show("manual", odbcSetAutoCommit(database, FALSE))
execute <- function(text) show(text, sqlQuery(database, text))
execute("insert into everything (id, word) values (100, 'rolled back')")
count("inside")
show("ended", odbcEndTran(database, FALSE))
count("rolled back")
execute("update everything set word = 'changed' where id between 10 and 19")
execute("insert into everything (id) values (1)")
execute("select 1")
show("ended", odbcEndTran(database, FALSE))
show("updated", sqlUpdate(database, data.frame(id = 10:12, word = c("x", "y", unicode)), "everything", index = "id"))
execute("insert into everything (id, word) values (101, 'committed')")
show("ended", odbcEndTran(database, TRUE))
count("committed")
show("words", sqlQuery(database, "select word from everything where id < 13 order by id"))
show("ended", odbcEndTran(database, TRUE))
show("manual", odbcSetAutoCommit(database, TRUE))

seen <- 0
for (round in seq_len(rounds)) {
  sqlQuery(database, sprintf("insert into everything (id, word) values (%d, 'round %d')", 1000 + round, round))
  reader <- odbcConnect(dsn)
  word <- sqlQuery(reader, paste("select word from everything where id =", 1000 + round))$word
  seen <- seen + identical(as.character(word), paste("round", round))
  close(reader)
}
cat(seen, "of", rounds, "rounds read what they wrote\n")
show("dropped", c(sqlDrop(database, "everything"), sqlDrop(database, "words")))
odbcCloseAll()
