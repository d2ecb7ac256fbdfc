//! What SQLite's planner is told about the tables.
//!
//! Every table of ours begins with `district_id`, and one file holds one district or a few. Without statistics SQLite takes the
//! first column of an index for selective and reads a whole district where a handful of rows is meant. `ANALYZE` would measure, but
//! a measurement of a young file is wrong for an old one, and plans would change under a running city. So the planner is told the
//! shape once: large tables, few districts, and the more columns of an index are given, the fewer rows are left.
//! (<https://www.sqlite.org/optoverview.html#manual_control_of_query_plans_using_sqlite_stat_tables>)

use sqlx::SqliteConnection;

use crate::error::Result;

/// Rows of a table, and of one district in it.
const ROWS: i64 = 1_000_000;
const OF_A_DISTRICT: i64 = 250_000;
/// Rows that are equal in all columns of an index that is not unique.
const EQUAL: i64 = 10;

#[derive(Debug, linli_rows::FromRow)]
struct Index {
    tbl: String,
    idx: String,
    is_unique: bool,
    is_key: bool,
    rowid: bool,
    columns: i64,
    first: String,
}

/// Writes the statistics of every index and lets this connection go by them; others do when they open.
pub(crate) async fn tell(conn: &mut SqliteConnection) -> Result<()> {
    // Makes the table of statistics, which cannot be made otherwise; what it measures is thrown away.
    sqlx::raw_sql("ANALYZE sqlite_schema; DELETE FROM sqlite_stat1").execute(&mut *conn).await?;
    let indexes: Vec<Index> = sqlx::query_as(
        "SELECT t.name AS tbl, l.name AS idx, l.\"unique\" AS is_unique, l.origin = 'pk' AS is_key, t.wr = 0 AS rowid, \
           (SELECT COUNT(*) FROM pragma_index_info(l.name)) AS columns, \
           (SELECT COALESCE(i.name, '') FROM pragma_index_info(l.name) i WHERE i.seqno = 0) AS first \
         FROM pragma_table_list t, pragma_index_list(t.name) l \
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, l.name",
    )
    .fetch_all(&mut *conn)
    .await?;
    for index in indexes {
        // The key of a table WITHOUT ROWID is the table itself.
        let idx = if index.is_key && !index.rowid { &index.tbl } else { &index.idx };
        sqlx::query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)")
            .bind(&index.tbl)
            .bind(idx)
            .bind(shape(&index))
            .execute(&mut *conn)
            .await?;
    }
    sqlx::raw_sql("ANALYZE sqlite_schema").execute(&mut *conn).await?;
    Ok(())
}

/// `rows`, then how many rows are equal in the first column, the first two, and so on.
fn shape(index: &Index) -> String {
    let last = if index.is_unique { 1 } else { EQUAL };
    let mut left = if index.first == "district_id" { OF_A_DISTRICT } else { last.max(ROWS / 100_000) };
    let mut words = vec![ROWS.to_string()];
    for column in 1..=index.columns {
        let equal = if column == index.columns && (column > 1 || index.first != "district_id") { last } else { left };
        words.push(equal.to_string());
        left = (left / 500).max(last);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(first: &str, is_unique: bool, columns: i64) -> Index {
        Index {
            tbl: "t".to_owned(),
            idx: "i".to_owned(),
            is_unique,
            is_key: false,
            rowid: true,
            columns,
            first: first.to_owned(),
        }
    }

    #[test]
    fn a_district_is_large_and_what_follows_it_selects() {
        assert_eq!(shape(&index("district_id", true, 2)), "1000000 250000 1");
        assert_eq!(shape(&index("district_id", false, 3)), "1000000 250000 500 10");
        assert_eq!(shape(&index("token_hash", true, 1)), "1000000 1");
        assert_eq!(shape(&index("district_id", false, 1)), "1000000 250000");
    }
}
