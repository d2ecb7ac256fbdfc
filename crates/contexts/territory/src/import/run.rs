//! The way of every file of rows: read, batch, record, answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use linli_access::Ctx;
use linli_db::{Db, Tx};
use linli_geo::Point;
use linli_kernel::DistrictId;

use super::{Answers, ImportOptions, Row, Totals};
use crate::TerritoryError;
use crate::error::{Answer, Problem};

/// Rows of one transaction.
const BATCH: usize = 5_000;
/// So many rows may share one point without a doubt: entrances of one building often do, a whole file at one office does not.
const SHARED_POINT: usize = 10;

/// How many rows of a file share each point, counted beforehand.
pub(super) type Shares = HashMap<Point, usize>;

/// A kind of row.
pub(super) trait Kind {
    type Input: Send + Sync;
    /// The name of the key column.
    const KEY: &'static str;
    fn read(&self, row: &impl Row) -> Result<Self::Input, Problem>;
    fn key(&self, input: &Self::Input) -> String;
    fn point(&self, _: &Self::Input) -> Option<Point> {
        None
    }
    /// Notes on the records at these points that very many share them.
    async fn doubt_points(&self, _: &mut Tx, _: &[Point]) -> Result<u64, TerritoryError> {
        Ok(0)
    }
    async fn put(&self, ctx: &Ctx, tx: &mut Tx, inputs: &[Self::Input]) -> Result<Vec<Answer>, TerritoryError>;
}

/// Runs a file. `progress` is told the rows done.
pub(super) async fn run<K: Kind, R: Row + Send + Sync>(
    kind: &K,
    ctx: &Ctx,
    (db, district): (&Db, DistrictId),
    rows: impl Iterator<Item = Result<R, (u64, Problem)>> + Send,
    (options, shares): (&ImportOptions, Option<Shares>),
    report: &mut (dyn Answers<R> + Send),
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Totals, TerritoryError> {
    let mut state = State { seen: HashMap::new(), points: HashMap::new(), shares, totals: Totals::default() };
    let mut batch: Vec<(R, Result<K::Input, Problem>)> = Vec::new();
    for row in rows {
        match row {
            Err((line, problem)) => {
                state.totals.rows += 1;
                state.totals.rejected += 1;
                report.unreadable(line, &problem);
            }
            Ok(row) => {
                let read = row.broken().map_or_else(|| kind.read(&row), Err);
                let input = read.and_then(|input| state.first_of_its_key(kind, &row, input));
                batch.push((row, input));
            }
        }
        if batch.len() >= BATCH {
            state.flush(kind, ctx, (db, district), &mut batch, options, report).await?;
            progress(state.totals.rows);
        }
    }
    state.flush(kind, ctx, (db, district), &mut batch, options, report).await?;
    let shared: Vec<Point> = state.points.iter().filter(|(_, (_, rows))| *rows > SHARED_POINT).map(|(point, _)| *point).collect();
    if !options.dry_run && !shared.is_empty() {
        let mut tx = db.begin(district).await?;
        if kind.doubt_points(&mut tx, &shared).await? > 0 {
            let facts = serde_json::json!({ "points": shared.len() });
            tx.journal(ctx.line("territory.points_doubted", &linli_kernel::PlacePath::root(), None, facts));
            tx.commit().await?;
        }
    }
    progress(state.totals.rows);
    Ok(state.totals)
}

struct State {
    /// Counted beforehand, so that every row can be doubted in its own answer.
    shares: Option<Shares>,
    seen: HashMap<String, u64>,
    /// Lines of the first rows at each point, and how many there are in all.
    points: HashMap<Point, (Vec<u64>, usize)>,
    totals: Totals,
}

impl State {
    fn first_of_its_key<K: Kind>(&mut self, kind: &K, row: &impl Row, input: K::Input) -> Result<K::Input, Problem> {
        match self.seen.entry(kind.key(&input)) {
            Entry::Occupied(first) => Err(Problem::new(K::KEY, "duplicate", format!("= {}", first.get()))),
            Entry::Vacant(place) => {
                place.insert(row.line());
                Ok(input)
            }
        }
    }

    async fn flush<K: Kind, R: Row + Send + Sync>(
        &mut self,
        kind: &K,
        ctx: &Ctx,
        (db, district): (&Db, DistrictId),
        batch: &mut Vec<(R, Result<K::Input, Problem>)>,
        options: &ImportOptions,
        report: &mut (dyn Answers<R> + Send),
    ) -> Result<(), TerritoryError> {
        let mut rows = Vec::with_capacity(batch.len());
        let mut inputs = Vec::with_capacity(batch.len());
        for (row, input) in batch.drain(..) {
            rows.push((row, input.map(|input| inputs.push(input))));
        }
        let mut tx = db.begin(district).await?;
        let answers = kind.put(ctx, &mut tx, &inputs).await?;
        if !options.dry_run {
            tx.commit().await?;
        }
        let mut answers = inputs.iter().zip(answers);
        for (row, read) in rows {
            let answer = match read {
                Err(problem) => problem.into(),
                Ok(()) => match answers.next() {
                    Some((input, answer)) => self.with_point_doubt(kind.point(input), row.line(), answer, report),
                    None => Problem::new(K::KEY, "unanswered", "").into(),
                },
            };
            self.totals.count(&answer);
            report.answered(&row, &answer);
        }
        Ok(())
    }

    /// Notes the point; once too many rows share it, this row and, late, the first ones are doubted.
    fn with_point_doubt<R>(
        &mut self,
        point: Option<Point>,
        line: u64,
        mut answer: Answer,
        report: &mut (dyn Answers<R> + Send),
    ) -> Answer {
        let Some(point) = point else { return answer };
        let (first, rows) = self.points.entry(point).or_default();
        *rows += 1;
        let known = self.shares.as_ref().and_then(|shares| shares.get(&point)).copied();
        if known.unwrap_or(*rows) <= SHARED_POINT {
            first.push(line);
            return answer;
        }
        let doubt = Problem::new("lon", "repeated_point", format!("{:.6},{:.6}", point.lon(), point.lat()));
        for early in first.drain(..) {
            self.totals.doubtful += 1;
            report.doubted_later(early, &doubt);
        }
        answer.doubts.push(doubt);
        answer
    }
}
