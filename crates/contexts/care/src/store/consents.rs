//! Consents.

use linli_db::{BlobHash, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::model::{CarePersonId, Consent, ConsentChannel, ConsentId, Purpose, ShownText};

const COLUMNS: &str = "id, person_id, purpose, text_mark, language, channel, asked_by, given_by, giver_sealed, relation, witness_sealed, assessment, \
    scan_hash, given_at, expires_at, withdrawn_at, withdrawn_channel, erased_at";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    id: ConsentId,
    person_id: CarePersonId,
    purpose: String,
    text_mark: String,
    language: String,
    channel: String,
    asked_by: Option<Uuid>,
    given_by: String,
    giver_sealed: Option<Vec<u8>>,
    relation: Option<String>,
    witness_sealed: Option<Vec<u8>>,
    assessment: String,
    scan_hash: Option<Vec<u8>>,
    given_at: Ts,
    expires_at: Ts,
    withdrawn_at: Option<Ts>,
    withdrawn_channel: Option<String>,
    erased_at: Option<Ts>,
}

impl TryFrom<Row> for Consent {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "care_consent", column, row: row.id.to_string() };
        Ok(Self {
            purpose: row.purpose.parse().map_err(|_| damaged("purpose"))?,
            channel: row.channel.parse().map_err(|_| damaged("channel"))?,
            given_by: row.given_by.parse().map_err(|_| damaged("given_by"))?,
            withdrawn_channel: match &row.withdrawn_channel {
                Some(word) => Some(word.parse().map_err(|_| damaged("withdrawn_channel"))?),
                None => None,
            },
            scan: match &row.scan_hash {
                Some(hash) => Some(BlobHash::from_column(hash).ok_or_else(|| damaged("scan_hash"))?),
                None => None,
            },
            id: row.id,
            person: row.person_id,
            text_mark: row.text_mark,
            language: row.language,
            asked_by: row.asked_by,
            giver_sealed: row.giver_sealed,
            relation: row.relation,
            witness_sealed: row.witness_sealed,
            assessment: row.assessment,
            given_at: row.given_at,
            expires_at: row.expires_at,
            withdrawn_at: row.withdrawn_at,
            erased_at: row.erased_at,
        })
    }
}

pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, consent: &Consent) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_consent (district_id, id, person_id, purpose, text_mark, language, channel, asked_by, given_by, giver_sealed, \
             relation, witness_sealed, scan_hash, assessment, given_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        )
        .bind(district)
        .bind(consent.id)
        .bind(consent.person)
        .bind(consent.purpose.as_str())
        .bind(&consent.text_mark)
        .bind(&consent.language)
        .bind(consent.channel.as_str())
        .bind(consent.asked_by)
        .bind(consent.given_by.as_str())
        .bind(&consent.giver_sealed)
        .bind(&consent.relation)
        .bind(&consent.witness_sealed)
        .bind(consent.scan.map(|hash| hash.0.to_vec()))
        .bind(&consent.assessment)
        .bind(consent.given_at)
        .bind(consent.expires_at)
    )
    .map(|_| ())
}

/// All consents of a person, the newest first.
pub(crate) async fn of_person(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Vec<Consent>> {
    let text =
        format!("SELECT {COLUMNS} FROM care_consent WHERE district_id = $1 AND person_id = $2 ORDER BY given_at DESC, id DESC");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(person).fetch_all(x).await)?;
    rows.into_iter().map(Consent::try_from).collect()
}

/// Who agreed to a purpose in a district, and has not withdrawn it.
pub(crate) async fn who_agreed(c: &mut Conn<'_>, district: DistrictId, purpose: Purpose, at: Ts) -> Result<Vec<Uuid>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT person_id FROM care_consent WHERE district_id = $1 AND withdrawn_at IS NULL AND purpose = $2 AND given_at <= $3 \
         AND expires_at > $3"
    ).bind(district).bind(purpose.as_str()).bind(at).fetch_all(x).await)
}

pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: ConsentId) -> Result<Option<Consent>> {
    let text = format!("SELECT {COLUMNS} FROM care_consent WHERE district_id = $1 AND id = $2");
    let row: Option<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Consent::try_from).transpose()
}

/// Withdraws the consent of a person to a purpose, if there is one in force; gives whether there was.
pub(crate) async fn withdraw(
    c: &mut Conn<'_>,
    district: DistrictId,
    (person, purpose): (CarePersonId, Purpose),
    (at, by, channel): (Ts, &str, ConsentChannel),
) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE care_consent SET withdrawn_at = $4, withdrawn_by = $5, withdrawn_channel = $6 \
             WHERE district_id = $1 AND person_id = $2 AND purpose = $3 AND withdrawn_at IS NULL"
        )
        .bind(district)
        .bind(person)
        .bind(purpose.as_str())
        .bind(at)
        .bind(by.to_owned())
        .bind(channel.as_str())
    )?;
    Ok(touched > 0)
}

/// Notes that nothing of what was kept under withdrawn consents of a person is left.
pub(crate) async fn erased(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE care_consent SET erased_at = $3 WHERE district_id = $1 AND person_id = $2 AND withdrawn_at IS NOT NULL \
             AND erased_at IS NULL"
        )
        .bind(district)
        .bind(person)
        .bind(at)
    )
    .map(|_| ())
}

/// Notes that nothing of what was kept under a withdrawn consent to readings is left: that is gone in the transaction that withdraws it.
pub(crate) async fn erased_readings(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, at: Ts) -> Result<()> {
    let text = "UPDATE care_consent SET erased_at = $3 WHERE district_id = $1 AND person_id = $2 AND purpose = 'readings' \
                AND withdrawn_at IS NOT NULL AND erased_at IS NULL";
    exec!(c, sqlx::query(text).bind(district).bind(person).bind(at)).map(|_| ())
}

/// Consents whose term has run out.
pub(crate) async fn run_out(c: &mut Conn<'_>, district: DistrictId, at: Ts, limit: i64) -> Result<Vec<(CarePersonId, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT person_id, purpose FROM care_consent WHERE district_id = $1 AND withdrawn_at IS NULL AND expires_at <= $2 \
         ORDER BY expires_at LIMIT $3"
    ).bind(district).bind(at).bind(limit).fetch_all(x).await)
}

/// Keeps a text as it is shown; once, whoever agrees to it.
pub(crate) async fn keep_text(c: &mut Conn<'_>, district: DistrictId, text: &ShownText) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_consent_text (district_id, text_mark, purpose, language, body, keeps) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (district_id, text_mark, purpose, language) DO NOTHING"
        )
        .bind(district)
        .bind(&text.mark)
        .bind(&text.purpose)
        .bind(&text.language)
        .bind(&text.body)
        .bind(&text.keeps)
    )
    .map(|_| ())
}

/// The text that was shown for a consent; nothing for one from before texts were kept.
pub(crate) async fn text_of(c: &mut Conn<'_>, district: DistrictId, consent: &Consent) -> Result<Option<ShownText>> {
    sql!(c, x => sqlx::query_as(
        "SELECT text_mark, purpose, language, body, keeps FROM care_consent_text WHERE district_id = $1 AND text_mark = $2 \
         AND purpose = $3 AND language = $4"
    ).bind(district).bind(&consent.text_mark).bind(consent.purpose.as_str()).bind(&consent.language).fetch_optional(x).await)
}
