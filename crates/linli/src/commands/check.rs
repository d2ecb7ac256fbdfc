//! Recomputes what is stored twice, and walks the invariants.

use std::io::Write as _;

use linli_access::Ctx;
use linli_calendar::Calendar;
use linli_db::{BlobHash, Conn, Db, DbError, journal, sql};
use linli_kernel::DistrictId;
use linli_settings::Standing;

use crate::Machine;
use crate::house::{Chore, for_districts};
use crate::moves;

/// Checks everything; prints what is wrong, and true when nothing is.
pub async fn check(machine: &Machine) -> anyhow::Result<bool> {
    super::backup::exists(&machine.config)?;
    let db = Db::open(&machine.config).await?;
    let ctx = Ctx::system("check", machine.clock.clone(), machine.rng.clone());
    // Rows are looked for where they belong after every move has been followed, figures are compared after everything that is due has been folded into them.
    moves::follow(&ctx, &db).await?;
    for_districts(&ctx, &db, Chore::Fold).await?;
    let mut findings = findings(&db).await?;
    findings.extend(crate::key::key_trouble(machine, &db).await?);
    let mut out = std::io::stdout();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(out, "{}", if findings.is_empty() { "clean".to_owned() } else { format!("{} findings", findings.len()) })?;
    db.close().await;
    Ok(findings.is_empty())
}

/// Everything that is wrong, in words.
pub async fn findings(db: &Db) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut read = db.read().await?;
    let c = &mut read.conn();
    let calendar = calendar(c).await?;
    for (district, last) in journal::all_last_seqs(c).await? {
        found.extend(journal_gaps(c, district, last).await?);
        found.extend(missing_blobs(db, c, district).await?);
        let record = linli_record::queries::check(c, district).await?;
        found.extend(record.into_iter().map(|f| format!("district {district}: {f}")));
        if district == DistrictId::CITY {
            continue;
        }
        found.extend(left_behind(c, district).await?);
        let ground = linli_territory::queries::check(c, district).await?;
        found.extend(ground.into_iter().map(|f| format!("district {district}: {f:?}")));
        let cases = linli_cases::queries::check(c, district).await?;
        found.extend(cases.into_iter().map(|f| format!("district {district}: {f:?}")));
        let promised = linli_cases::queries::check_promises(c, district, &calendar).await?;
        found.extend(promised.into_iter().map(|f| format!("district {district}: {f:?}")));
        let followed = linli_care::follow::queries::check(c, district).await?;
        found.extend(followed.into_iter().map(|f| format!("district {district}: {f}")));
        let beds = linli_treatment::queries::beds::check(c, district).await?;
        let referrals = linli_treatment::queries::referrals::check(c, district).await?;
        found.extend(beds.into_iter().chain(referrals).map(|f| format!("district {district}: {f}")));
        let calls = linli_emergency::queries::check(c, district).await?;
        found.extend(calls.into_iter().map(|f| format!("district {district}: {f}")));
        let council = linli_council::queries::check(c, district).await?;
        let votes = linli_ballot::queries::check(c, district).await?;
        let lifts = linli_retrofit::queries::check(c, district).await?;
        found.extend(council.into_iter().chain(votes).chain(lifts).map(|f| format!("district {district}: {f}")));
        let rounds = linli_expert::queries::check(c, district).await?;
        found.extend(rounds.into_iter().map(|f| format!("district {district}: {f}")));
        let grids = linli_treatment::queries::grids::check(c, district).await?;
        let returns = linli_treatment::queries::returns::check(c, district).await?;
        found.extend(grids.into_iter().chain(returns).map(|f| format!("district {district}: {f}")));
    }
    Ok(found)
}

/// The calendar that the database puts in force.
async fn calendar(c: &mut Conn<'_>) -> anyhow::Result<Calendar> {
    let years = linli_settings::queries::years(c).await?.into_iter().map(|year| year.plan).collect();
    let days = linli_settings::queries::days(c).await?.into_iter().map(|day| day.day).collect();
    Ok(Standing::calendar_with(years, days)?)
}

/// Tables whose rows are somewhere below a community and go along when that place moves.
const SOMEWHERE: [&str; 22] = [
    "appointment",
    "ballot_seat",
    "ballot_unit",
    "ballot_vote",
    "board",
    "board_code",
    "case_file",
    "claim_code",
    "council_item",
    "council_meeting",
    "council_posting",
    "council_proposal",
    "emergency_call",
    "emergency_vehicle",
    "expert_finding",
    "expert_group",
    "expert_round",
    "home_claim",
    "institution",
    "lift_project",
    "notice",
    "renovation_item",
];

/// Nothing is at a place that never was or is no more: after a move every row has gone along.
async fn left_behind(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, DbError> {
    let mut found = Vec::new();
    for table in SOMEWHERE {
        let text = format!(
            "SELECT DISTINCT t.place_path FROM {table} t WHERE t.district_id = $1 AND length(t.place_path) >= 20 AND NOT EXISTS \
             (SELECT 1 FROM place p WHERE p.district_id = t.district_id AND p.depth = length(t.place_path) / 4 \
              AND p.place_path = t.place_path) LIMIT 20"
        );
        let lost: Vec<String> = sql!(c, x => sqlx::query_scalar(sqlx::AssertSqlSafe(text)).bind(district).fetch_all(x).await)?;
        found.extend(
            lost.into_iter().map(|path| format!("district {district}: {table} has rows at {path}, where there is no place")),
        );
    }
    Ok(found)
}

/// The journal of a district runs from 1 to its counter without a gap.
async fn journal_gaps(c: &mut Conn<'_>, district: DistrictId, last: i64) -> Result<Option<String>, DbError> {
    let (count, highest): (i64, Option<i64>) = sql!(c, x => sqlx::query_as(
        "SELECT COUNT(*), MAX(seq) FROM journal WHERE district_id = $1"
    ).bind(district).fetch_one(x).await)?;
    let whole = count == last && highest.unwrap_or(0) == last;
    Ok((!whole).then(|| format!("district {district}: the journal has {count} lines up to {highest:?}, its counter says {last}")))
}

/// Every photo a record names is there and is what its name says.
async fn missing_blobs(db: &Db, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, DbError> {
    let hashes: Vec<(Vec<u8>,)> =
        sql!(c, x => sqlx::query_as("SELECT hash FROM blob WHERE district_id = $1").bind(district).fetch_all(x).await)?;
    let mut found = Vec::new();
    for (bytes,) in hashes {
        let Some(hash) = BlobHash::from_column(&bytes) else {
            found.push(format!("district {district}: a photo's name is no hash"));
            continue;
        };
        match db.blobs().get(hash).await {
            Ok(Some(_)) => {}
            Ok(None) => found.push(format!("district {district}: the photo {hash} is missing")),
            Err(error) => found.push(format!("district {district}: the photo {hash}: {error}")),
        }
    }
    Ok(found)
}
