//! Many rows in one statement: multi-row `VALUES` on SQLite, `unnest` arrays on PostgreSQL.

use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::conn::Conn;
use crate::error::{DbError, Result};

/// SQLite's limit of bound values in one statement.
const SQLITE_VALUES: usize = 32_000;

/// One column of a batch; all columns of a batch have equally many values.
#[derive(Debug, Clone)]
pub enum Column {
    /// Whole numbers, instants, money, area.
    Int(Vec<Option<i64>>),
    /// Texts and place paths.
    Text(Vec<Option<String>>),
    /// Ids.
    Id(Vec<Option<Uuid>>),
    /// Yes or no.
    Bool(Vec<Option<bool>>),
    /// Bytes.
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn len(&self) -> usize {
        match self {
            Self::Int(v) => v.len(),
            Self::Text(v) => v.len(),
            Self::Id(v) => v.len(),
            Self::Bool(v) => v.len(),
            Self::Bytes(v) => v.len(),
        }
    }

    const fn pg_type(&self) -> &'static str {
        match self {
            Self::Int(_) => "bigint[]",
            Self::Text(_) => "text[]",
            Self::Id(_) => "uuid[]",
            Self::Bool(_) => "boolean[]",
            Self::Bytes(_) => "bytea[]",
        }
    }
}

/// A batch of rows for one table.
#[derive(Debug, Clone)]
pub struct Bulk {
    table: &'static str,
    columns: Vec<(&'static str, Column)>,
    conflict: &'static str,
}

impl Bulk {
    /// An empty batch for a table.
    #[must_use]
    pub const fn into(table: &'static str) -> Self {
        Self { table, columns: Vec::new(), conflict: "" }
    }

    /// Adds a column.
    #[must_use]
    pub fn column(mut self, name: &'static str, values: Column) -> Self {
        self.columns.push((name, values));
        self
    }

    /// Whole numbers that are all present.
    #[must_use]
    pub fn ints(self, name: &'static str, values: impl IntoIterator<Item = i64>) -> Self {
        self.column(name, Column::Int(values.into_iter().map(Some).collect()))
    }

    /// Texts that are all present.
    #[must_use]
    pub fn texts(self, name: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        self.column(name, Column::Text(values.into_iter().map(Some).collect()))
    }

    /// Ids that are all present.
    #[must_use]
    pub fn ids(self, name: &'static str, values: impl IntoIterator<Item = Uuid>) -> Self {
        self.column(name, Column::Id(values.into_iter().map(Some).collect()))
    }

    /// What follows the rows, e.g. `ON CONFLICT (district_id, id) DO NOTHING`.
    #[must_use]
    pub const fn on_conflict(mut self, clause: &'static str) -> Self {
        self.conflict = clause;
        self
    }

    /// Writes all rows; gives how many were inserted or changed.
    ///
    /// # Errors
    /// Store errors; `WrongRowCount` when the columns are not equally long.
    pub async fn write(self, c: &mut Conn<'_>) -> Result<u64> {
        let rows = self.columns.first().map_or(0, |(_, v)| v.len());
        if let Some((_, odd)) = self.columns.iter().find(|(_, v)| v.len() != rows) {
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            return Err(DbError::WrongRowCount { expected: count(rows), touched: count(odd.len()) });
        }
        if rows == 0 {
            return Ok(0);
        }
        let names = self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        match c {
            Conn::Pg(conn) => self.write_pg(conn, &names).await,
            Conn::Sqlite(conn) => self.write_sqlite(conn, &names, rows).await,
        }
    }

    async fn write_pg(self, conn: &mut sqlx::PgConnection, names: &str) -> Result<u64> {
        let arrays = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (_, v))| format!("${}::{}", i + 1, v.pg_type()))
            .collect::<Vec<_>>()
            .join(", ");
        let text = format!("INSERT INTO {} ({names}) SELECT * FROM unnest({arrays}) {}", self.table, self.conflict);
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (_, column) in self.columns {
            query = match column {
                Column::Int(v) => query.bind(v),
                Column::Text(v) => query.bind(v),
                Column::Id(v) => query.bind(v),
                Column::Bool(v) => query.bind(v),
                Column::Bytes(v) => query.bind(v),
            };
        }
        Ok(query.execute(conn).await?.rows_affected())
    }

    async fn write_sqlite(self, conn: &mut sqlx::SqliteConnection, names: &str, rows: usize) -> Result<u64> {
        let width = self.columns.len().max(1);
        let most = (SQLITE_VALUES / width).clamp(1, 1000);
        let mut written = 0;
        let mut start = 0;
        while start < rows {
            // A few fixed sizes, so that every statement is one of a handful that stay prepared.
            let count =
                [most, 64, 32, 16, 8, 4, 2, 1].into_iter().find(|size| *size <= rows - start && *size <= most).unwrap_or(1);
            let text = self.values_statement(names, width, count);
            let mut query = sqlx::query(AssertSqlSafe(text));
            for row in start..start + count {
                for (_, column) in &self.columns {
                    query = match column {
                        Column::Int(v) => query.bind(v.get(row).copied().flatten()),
                        Column::Text(v) => query.bind(v.get(row).and_then(Option::as_deref)),
                        Column::Id(v) => query.bind(v.get(row).copied().flatten()),
                        Column::Bool(v) => query.bind(v.get(row).copied().flatten()),
                        Column::Bytes(v) => query.bind(v.get(row).and_then(Option::as_deref)),
                    };
                }
            }
            written += query.execute(&mut *conn).await?.rows_affected();
            start += count;
        }
        Ok(written)
    }

    fn values_statement(&self, names: &str, width: usize, count: usize) -> String {
        let marks = format!("({})", vec!["?"; width].join(","));
        format!("INSERT INTO {} ({names}) VALUES {} {}", self.table, vec![marks.as_str(); count].join(","), self.conflict)
    }
}
