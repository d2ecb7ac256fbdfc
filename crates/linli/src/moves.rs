//! After a place moved, every room takes its own rows along: it follows the journal with a cursor per district, some rows at a
//! time, each batch in a transaction of its own.
//!
//! What always holds here: a batch is on disk with what it changed or not at all, and the cursor passes a move only when nothing is
//! left behind; so whoever is killed between two batches goes on where it was, and going on twice changes nothing. Every move is
//! followed a second time a while later, for what was being written under the old path while it happened.

use linli_access::Ctx;
use linli_db::{Cursor, Db, Tx, journal};
use linli_kernel::DistrictId;
use linli_territory::moves::{MOVED, Moved};

use crate::districts::{self, Tally};

/// Rows of a batch.
const BATCH: i64 = 500;
/// A move is followed again when it is this old, seconds: longer than any transaction lasts.
const AGAIN_AFTER_SECS: i64 = 600;
/// A cursor is stored without a move when it lags so many lines behind, so that they are not looked through for ever.
const WORTH_STORING: i64 = 5_000;

/// A room that keeps paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Appointments.
    People,
    /// Claims of homes and their codes.
    Identity,
    /// Boards, codes, notices, pledges.
    Board,
    /// Cases.
    Cases,
    /// Meetings and proposals.
    Council,
    /// Homes of owners, votes.
    Ballot,
    /// Lifts and renovation.
    Retrofit,
    /// People who are watched, and visits to them.
    Care,
    /// Published figures.
    Situation,
    /// Devices.
    Devices,
    /// Institutions, catchments, returns.
    Treatment,
    /// Calls to 120, vehicles.
    Emergency,
    /// Expert groups, rounds, findings.
    Expert,
}

impl Room {
    /// All of them, in the order of the house.
    pub const ALL: [Self; 13] = [
        Self::People,
        Self::Identity,
        Self::Board,
        Self::Cases,
        Self::Council,
        Self::Ballot,
        Self::Retrofit,
        Self::Care,
        Self::Situation,
        Self::Devices,
        Self::Treatment,
        Self::Emergency,
        Self::Expert,
    ];

    /// The names of its two readers: at once, and again later.
    const fn readers(self) -> [(&'static str, i64); 2] {
        match self {
            Self::People => [("people.moves", 0), ("people.moves.again", AGAIN_AFTER_SECS)],
            Self::Identity => [("identity.moves", 0), ("identity.moves.again", AGAIN_AFTER_SECS)],
            Self::Board => [("board.moves", 0), ("board.moves.again", AGAIN_AFTER_SECS)],
            Self::Cases => [("cases.moves", 0), ("cases.moves.again", AGAIN_AFTER_SECS)],
            Self::Council => [("council.moves", 0), ("council.moves.again", AGAIN_AFTER_SECS)],
            Self::Ballot => [("ballot.moves", 0), ("ballot.moves.again", AGAIN_AFTER_SECS)],
            Self::Retrofit => [("retrofit.moves", 0), ("retrofit.moves.again", AGAIN_AFTER_SECS)],
            Self::Care => [("care.moves", 0), ("care.moves.again", AGAIN_AFTER_SECS)],
            Self::Situation => [("situation.moves", 0), ("situation.moves.again", AGAIN_AFTER_SECS)],
            Self::Devices => [("devices.moves", 0), ("devices.moves.again", AGAIN_AFTER_SECS)],
            Self::Treatment => [("treatment.moves", 0), ("treatment.moves.again", AGAIN_AFTER_SECS)],
            Self::Emergency => [("emergency.moves", 0), ("emergency.moves.again", AGAIN_AFTER_SECS)],
            Self::Expert => [("expert.moves", 0), ("expert.moves.again", AGAIN_AFTER_SECS)],
        }
    }

    /// Takes some rows along and says how many.
    async fn batch(self, ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> anyhow::Result<u64> {
        Ok(match self {
            Self::People => linli_people::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Identity => linli_identity::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Board => linli_board::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Cases => linli_cases::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Council => linli_council::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Ballot => linli_ballot::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Retrofit => linli_retrofit::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Care => linli_care::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Situation => linli_situation::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Devices => linli_devices::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Treatment => linli_treatment::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Emergency => linli_emergency::commands::follow_move(ctx, tx, moved, limit).await?,
            Self::Expert => linli_expert::commands::follow_move(ctx, tx, moved, limit).await?,
        })
    }
}

/// Follows every move in every district to its end, and says how many rows went along.
///
/// # Errors
/// Those of the rooms, after all districts. What was done until then is done.
pub async fn follow(ctx: &Ctx, db: &Db) -> anyhow::Result<u64> {
    let mut done = Tally::of("moves");
    for district in districts::all(db).await? {
        done.note(district, follow_in(ctx, db, district).await);
    }
    done.end()
}

async fn follow_in(ctx: &Ctx, db: &Db, district: DistrictId) -> anyhow::Result<u64> {
    let mut rows = 0;
    for room in Room::ALL {
        while let Some(followed) = step(ctx, db, district, room, BATCH).await? {
            rows += followed;
        }
    }
    Ok(rows)
}

/// One batch of one room: the rows it took along, 0 when it passed a move; `None` when there is nothing to follow.
///
/// # Errors
/// Those of the room.
pub async fn step(ctx: &Ctx, db: &Db, district: DistrictId, room: Room, limit: i64) -> anyhow::Result<Option<u64>> {
    for (reader, age) in room.readers() {
        if let Some(followed) = step_of(ctx, db, district, (room, reader, age), limit).await? {
            return Ok(Some(followed));
        }
    }
    Ok(None)
}

async fn step_of(
    ctx: &Ctx,
    db: &Db,
    district: DistrictId,
    (room, reader, age): (Room, &'static str, i64),
    limit: i64,
) -> anyhow::Result<Option<u64>> {
    let old_enough = ctx.now().plus_secs(-age);
    let (found, cursor, last) = {
        let mut read = db.read().await?;
        let c = &mut read.conn();
        // The last number first: a line that comes meanwhile is read the next time and never passed by.
        let last = journal::last_seq(c, district).await?;
        let cursor = Cursor::load(c, district, reader).await?;
        (journal::next_of_kind(c, district, MOVED, cursor.seq).await?, cursor, last)
    };
    let Some(line) = found else {
        // Without a move the second look may pass everything too: what is still being written is behind this number.
        if last - cursor.seq >= WORTH_STORING {
            let mut tx = db.begin(district).await?;
            Cursor { seq: last }.store(&mut tx.conn()?, district, reader).await?;
            tx.commit().await?;
        }
        return Ok(None);
    };
    if line.at > old_enough {
        return Ok(None);
    }
    let mut tx = db.begin(district).await?;
    let followed = match Moved::from_facts(&line.facts()) {
        Some(moved) => room.batch(ctx, &mut tx, &moved, limit).await?,
        None => {
            tracing::error!(%district, seq = line.seq, "a move cannot be read");
            0
        }
    };
    if followed == 0 {
        Cursor { seq: line.seq }.store(&mut tx.conn()?, district, reader).await?;
    }
    tx.commit().await?;
    Ok(Some(followed))
}
