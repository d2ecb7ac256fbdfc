//! The rest of the register from files: treatment grids, who belongs to them, which centre looks after a place, staff by training, and what the ledger
//! of beds says. Each row is a command of this room, under the right to bring in files.

use linli_access::Action;
use linli_db::Tx;
use linli_kernel::{DistrictId, Ts};
use linli_sheet::Record;
use linli_territory::error::{Answer, Outcome, Problem};

use super::{NetworkImport, refusal};
use crate::commands::beds::{self, NewEntry};
use crate::commands::{grids, opening};
use crate::error_beds::{BedError, Wrong as BedWrong};
use crate::error_network::{NetworkError, Wrong};
use crate::model::beds::Change;
use crate::model::{GridKind, GridRef, Institution, Staffing};
use crate::store;

fn plain(outcome: Outcome) -> Answer {
    Answer { outcome, doubts: Vec::new() }
}

/// A word of a list; the usual one where the row says nothing.
fn word<W: std::str::FromStr>(record: &Record, field: &'static str, usual: Option<W>) -> Result<W, Problem> {
    match (record.opt_text(field).map(str::trim).filter(|text| !text.is_empty()), usual) {
        (Some(text), _) => text.parse().map_err(|_| Problem::new(field, "unknown_word", text)),
        (None, Some(usual)) => Ok(usual),
        (None, None) => Err(Problem::new(field, "missing", "")),
    }
}

fn whole(record: &Record, field: &'static str) -> Result<Option<i64>, Problem> {
    let typed = record.opt_text(field).map(str::trim).filter(|text| !text.is_empty());
    typed.map(|text| text.parse().map_err(|_| Problem::new(field, "number", text))).transpose()
}

impl NetworkImport<'_> {
    /// The beginning of the day that a row names; now where it names none, or today.
    fn from(&self, record: &Record) -> Result<Ts, Problem> {
        let now = self.ctx.now();
        match record.day("from").filter(|day| *day != now.local().date()) {
            None => Ok(now),
            Some(day) => Ts::from_local(day.at(0, 0, 0, 0)).ok_or_else(|| Problem::new("from", "date", day.to_string())),
        }
    }

    async fn named(
        &self,
        tx: &mut Tx,
        record: &Record,
        field: &'static str,
    ) -> Result<Result<Institution, Problem>, NetworkError> {
        let (district, code) = (tx.district(), record.text(field));
        let known = store::institutions::by_code(&mut tx.conn()?, district, code).await?;
        Ok(known.ok_or_else(|| Problem::new(field, "unknown", code)))
    }

    /// A grid by its code: of the own district, else the one that is called so in all.
    async fn grid(&self, tx: &mut Tx, code: &str) -> Result<Option<GridRef>, NetworkError> {
        let district = tx.district();
        let c = &mut tx.conn()?;
        if let Some(own) = store::grids::by_code(c, district, code).await? {
            return Ok(Some(own.at));
        }
        let all = store::grids::everywhere(c).await?;
        let mut called = all.into_iter().filter(|grid| grid.code == code).map(|grid| grid.at);
        let first = called.next();
        Ok(first.filter(|_| called.next().is_none()))
    }

    /// `treatment_grids`: a grid with its lead. One that is known so stays; one whose code is another's is refused.
    pub(super) async fn grid_row(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let lead = match self.named(tx, record, "lead").await? {
            Ok(lead) => lead,
            Err(problem) => return Ok(problem.into()),
        };
        let read = word::<GridKind>(record, "kind", Some(GridKind::General)).and_then(|kind| Ok((kind, self.from(record)?)));
        let (kind, from) = match read {
            Ok(read) => read,
            Err(problem) => return Ok(problem.into()),
        };
        let (code, name, district) = (record.text("code").trim(), record.text("name").trim(), tx.district());
        if let Some(known) = store::grids::by_code(&mut tx.conn()?, district, code).await? {
            let same = known.lead == lead.id && known.kind == kind && known.name == name;
            return Ok(if same { plain(Outcome::Unchanged) } else { Problem::new("code", "taken", code).into() });
        }
        match grids::found_by(self.ctx, tx, (code, name, kind), (lead.id, from), Action::Import).await {
            Ok(_) => Ok(plain(Outcome::Created)),
            Err(error) => refusal(error),
        }
    }

    /// `grid_members`: an institution in a grid from a day on.
    pub(super) async fn member_row(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let member = match self.named(tx, record, "institution").await? {
            Ok(member) => member,
            Err(problem) => return Ok(problem.into()),
        };
        let code = record.text("grid");
        let Some(grid) = self.grid(tx, code).await? else { return Ok(Problem::new("grid", "unknown", code).into()) };
        let from = match self.from(record) {
            Ok(from) => from,
            Err(problem) => return Ok(problem.into()),
        };
        let before = self.memberships(tx, &member).await?;
        match grids::join_by(self.ctx, tx, member.id, (grid, from), Action::Import).await {
            Ok(()) => {
                let after = self.memberships(tx, &member).await?;
                Ok(plain(if after == before { Outcome::Unchanged } else { Outcome::Created }))
            }
            Err(error) => refusal(error),
        }
    }

    async fn memberships(&self, tx: &mut Tx, of: &Institution) -> Result<usize, NetworkError> {
        Ok(store::grids::memberships(&mut tx.conn()?, of.district, of.id).await?.len())
    }

    /// `catchments`: a centre or station that looks after a place from a day on.
    pub(super) async fn catchment_row(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let centre = match self.named(tx, record, "institution").await? {
            Ok(centre) => centre,
            Err(problem) => return Ok(problem.into()),
        };
        let from = match self.from(record) {
            Ok(from) => from,
            Err(problem) => return Ok(problem.into()),
        };
        let before = store::grids::catchments_of(&mut tx.conn()?, centre.district, centre.id).await?.len();
        match grids::assign_catchment_by(self.ctx, tx, record.text("place"), (centre.id, from), Action::Import).await {
            Ok(()) => {
                let after = store::grids::catchments_of(&mut tx.conn()?, centre.district, centre.id).await?.len();
                Ok(plain(if after == before { Outcome::Unchanged } else { Outcome::Created }))
            }
            Err(error) => refusal(error),
        }
    }

    /// `staff`: how many of a profession and training there are from a day on, own or sent by others.
    pub(super) async fn staff_row(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let of = match self.named(tx, record, "institution").await? {
            Ok(of) => of,
            Err(problem) => return Ok(problem.into()),
        };
        let read = || -> Result<Staffing, Problem> {
            Ok(Staffing {
                profession: word(record, "profession", None)?,
                training: word(record, "training", None)?,
                seconded_from: record.opt_text("seconded_from").unwrap_or_default().trim().to_owned(),
                headcount: whole(record, "headcount")?.ok_or_else(|| Problem::new("headcount", "missing", ""))?,
            })
        };
        let one = match read() {
            Ok(one) => one,
            Err(problem) => return Ok(problem.into()),
        };
        let day = record.day("from").unwrap_or_else(|| self.ctx.now().local().date());
        let stands = store::opening::staffing(&mut tx.conn()?, (of.district, of.id), day).await?;
        let same = |known: &&Staffing| {
            known.profession == one.profession && known.training == one.training && known.seconded_from == one.seconded_from
        };
        let before = stands.iter().find(same).map(|known| known.headcount);
        // A zero of whom nobody was counted is told all the same; what stands so already is not told again.
        if before == Some(one.headcount) {
            return Ok(plain(Outcome::Unchanged));
        }
        match opening::set_staffing_by(self.ctx, tx, of.id, (day, &[one]), Action::Import).await {
            Ok(()) => Ok(plain(if before.is_none() { Outcome::Created } else { Outcome::Changed(vec!["headcount"]) })),
            Err(error) => refusal(error),
        }
    }

    /// `beds`: what a unit has of a kind of bed at an instant, as counted there.
    pub(super) async fn bed_row(&self, tx: &mut Tx, record: &Record) -> Result<Answer, NetworkError> {
        let of = match self.named(tx, record, "institution").await? {
            Ok(of) => of,
            Err(problem) => return Ok(problem.into()),
        };
        let name = record.text("unit").trim();
        let units = store::institutions::units(&mut tx.conn()?, of.district, of.id).await?;
        let unit = units.into_iter().find(|unit| unit.valid_to.is_none() && unit.name == name);
        let Some(unit) = unit else { return Ok(Problem::new("unit", "unknown", name).into()) };
        let read = || -> Result<NewEntry, Problem> {
            let reason = record.opt_text("reason").map(str::trim).filter(|text| !text.is_empty());
            Ok(NewEntry {
                unit: unit.id,
                bed_type: word(record, "bed_type", None)?,
                kind: word(record, "kind", None)?,
                change: Change::Level,
                amount: whole(record, "amount")?.ok_or_else(|| Problem::new("amount", "missing", ""))?,
                within_hours: whole(record, "within_hours")?,
                at: record.instant("at"),
                reason: reason.map(|_| word(record, "reason", None)).transpose()?,
            })
        };
        let new = match read() {
            Ok(new) => new,
            Err(problem) => return Ok(problem.into()),
        };
        self.booked(tx, (of.district, &of), new).await
    }

    async fn booked(
        &self,
        tx: &mut Tx,
        (district, of): (DistrictId, &Institution),
        new: NewEntry,
    ) -> Result<Answer, NetworkError> {
        let rules = self.network.beds(&of.place, self.ctx.now())?;
        match beds::bring(self.ctx, tx, &rules.value, (district, of.id, &of.place), new).await {
            Ok(true) => Ok(plain(Outcome::Created)),
            Ok(false) => Ok(plain(Outcome::Unchanged)),
            Err(BedError::Field { field, problem }) => Ok(given(field, problem).into()),
            Err(BedError::Db(error)) => Err(error.into()),
            Err(BedError::Denied(refusal)) => Err(refusal.into()),
            Err(BedError::Rules(error)) => Err(error.into()),
            Err(_) => refusal(NetworkError::field("amount", Wrong::NotAChoice)),
        }
    }
}

/// What is wrong with an entry of the ledger, as the answer of its row.
fn given(field: &'static str, problem: BedWrong) -> Problem {
    let what = match problem {
        BedWrong::Required => "missing",
        BedWrong::InTheFuture => "future",
        BedWrong::OutOfRange { .. } | BedWrong::CannotBecome { .. } | BedWrong::MoreThan { .. } => "impossible",
        BedWrong::NotAUnit => "unknown",
        _ => "unknown_word",
    };
    Problem::new(field, what, problem.to_string())
}
