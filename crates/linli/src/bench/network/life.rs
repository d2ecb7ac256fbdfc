//! Many who want the last bed at the same moment, again and again, in a process that is killed.

use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use linli_db::DbConfig;
use linli_treatment::BedError;
use linli_treatment::commands::beds::{put_reserved, reserve};
use linli_treatment::model::beds::{BedType, Hold, HoldId, HoldState};
use linli_treatment::queries::beds::board;
use serde::{Deserialize, Serialize};

use super::ground::{Ground, Marks};

/// The name of the process that is killed; nobody calls it by hand.
pub const NAME: &str = "beds-life";
/// Who want the bed.
pub const CLIENTS: usize = 64;

/// What the process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// The database, when it is not the file in the folder.
    pub url: Option<String>,
    /// What was made.
    pub marks: Marks,
    /// The first round.
    pub from: u32,
    /// The round after the last.
    pub until: u32,
    /// Holds that were said to be there and of which nothing else was said: they must be there.
    pub promised: Vec<HoldId>,
}

/// Races from round to round. Says on standard output which hold was given, which was let go, which round is over; `lost` of a hold that
/// was promised and is not there, `double` when more are held than there are beds.
pub async fn live(place: &Path) -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let told: Told = serde_json::from_str(&line).context("what the process is told")?;
    let config = DbConfig { url: told.url, ..DbConfig::in_folder(place.to_owned()) };
    let ground = Ground::open(&config, told.marks).await?;
    let left = held(&ground).await?;
    for promised in &told.promised {
        say(if left.contains(promised) { "there" } else { "lost" }, promised)?;
    }
    // Whatever the one before had not let go, said or not.
    for hold in left {
        let_go(&ground, hold).await?;
    }
    for round in told.from..told.until {
        let mut wanting = Vec::with_capacity(CLIENTS);
        for _ in 0..CLIENTS {
            let (db, desk, ctx, icu) = (ground.db.clone(), ground.desk.clone(), ground.manager.clone(), ground.icu);
            let district = ground.district;
            wanting.push(tokio::spawn(async move {
                let mut tx = db.begin(district).await?;
                let hold = reserve(&ctx, &mut tx, &desk, (icu, BedType::Icu)).await?;
                tx.commit().await?;
                say("held", hold).map_err(|_| BedError::Changed)?;
                Ok::<_, BedError>(hold)
            }));
        }
        let mut given = Vec::new();
        for one in wanting {
            match one.await? {
                Ok(hold) => given.push(hold),
                Err(BedError::NoneFree) => {}
                Err(error) => return Err(error.into()),
            }
        }
        ensure!(!given.is_empty(), "nobody got the bed in round {round}");
        for hold in given {
            let_go(&ground, hold).await?;
        }
        say("round", round)?;
    }
    say("end", "")?;
    ground.db.close().await;
    Ok(())
}

/// The holds of the unit that are in force. Says `double` when they are more than one.
async fn held(ground: &Ground) -> anyhow::Result<Vec<HoldId>> {
    let mut read = ground.db.read().await?;
    let shown = board(&ground.manager, &mut read.conn(), &ground.desk, (ground.district, ground.hospital)).await?;
    let cells = shown.units.iter().flat_map(|unit| &unit.cells);
    let holds: Vec<&Hold> = cells.flat_map(|cell| &cell.holds).filter(|hold| hold.state == HoldState::Held).collect();
    if holds.len() > 1 {
        say("double", holds.len())?;
    }
    Ok(holds.into_iter().map(|hold| hold.id).collect())
}

async fn let_go(ground: &Ground, hold: HoldId) -> anyhow::Result<()> {
    say("letting", hold)?;
    let mut tx = ground.db.begin(ground.district).await?;
    put_reserved(&ground.manager, &mut tx, hold, HoldState::Released).await?;
    tx.commit().await?;
    Ok(())
}

fn say(word: &str, what: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{word} {what}")?;
    out.flush()
}
