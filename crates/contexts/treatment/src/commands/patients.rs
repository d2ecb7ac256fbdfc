//! Who a patient is, as far as two requests must be told to be about one: what is typed is made alike, hashed under a key, and claimed.

use linli_access::Ctx;
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, Ts};

use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::model::InstitutionId;
use crate::model::referrals::{Patient, ReferralId};
use crate::store::referrals;

type At = (DistrictId, InstitutionId);
type Open = (DistrictId, ReferralId);

/// Typed in whatever width and with whatever blanks, it is the same.
fn squeezed(text: &str) -> String {
    linli_search::fold(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase()
}

/// Under what the patient of a referral is found again: the identity number, or without it name, birth and telephone.
pub(super) fn key(patient: &Patient) -> String {
    match squeezed(&patient.id_number) {
        number if !number.is_empty() => format!("patient-id:{number}"),
        _ => format!("patient:{}|{}|{}", squeezed(&patient.name), squeezed(&patient.born), squeezed(&patient.phone)),
    }
}

/// Under what the open request of a patient is one: the identity number, and the name with the telephone, as far as they are told. Who is asked
/// for with the number and again without it is the same.
fn claim_keys(patient: &Patient) -> (Option<String>, Option<String>) {
    let number = Some(squeezed(&patient.id_number)).filter(|number| !number.is_empty());
    let name: String = squeezed(&patient.name).chars().filter(|c| !matches!(c, '·' | '•' | '・' | '.')).collect();
    let digits: String = squeezed(&patient.phone).chars().filter(char::is_ascii_digit).collect();
    let national =
        digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86").filter(|rest| rest.len() == 11)).unwrap_or(&digits);
    let typed = squeezed(&patient.phone);
    let called = Some(if national.is_empty() { typed.as_str() } else { national }).filter(|called| !called.is_empty());
    (number.map(|number| format!("patient-id:{number}")), called.map(|phone| format!("patient-at:{name}|{phone}")))
}

/// Claims the patient for a new referral. The house where the patient lies may send the patient on: the claim goes along.
pub(super) async fn claim(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    (own, new): (At, Open),
    patient: &Patient,
) -> Result<(), BedError> {
    let (number, called) = claim_keys(patient);
    let numbered = number.is_some();
    for (key, numbered) in [(number, false), (called, numbered)] {
        let Some(hash) = key.map(|key| desk.vault().lookup_hash(&key)) else { continue };
        claim_one(&mut tx.conn()?, (own, new), (&hash, numbered), ctx.now()).await?;
    }
    Ok(())
}

/// Claims one of the keys of a patient. `numbered`: it is the name and the telephone of somebody whose identity number is known and free.
async fn claim_one(c: &mut Conn<'_>, (own, new): (At, Open), (hash, numbered): (&[u8], bool), now: Ts) -> Result<(), BedError> {
    // What stands in the way may be gone, or passed on, between one look and the next.
    const TRIES: usize = 3;
    let mut last = new;
    for _ in 0..TRIES {
        let Some(open) = referrals::claim(c, hash, new, now).await?.filter(|open| *open != new) else { return Ok(()) };
        // Two identity numbers are two people, even of one name at one telephone.
        if numbered && referrals::claims_of(c, open).await? > 1 {
            return Ok(());
        }
        last = open;
        if !referrals::lies_in(c, own, open.1).await? {
            break;
        }
        referrals::pass_on(c, open, new, now).await?;
    }
    Err(BedError::OnTheWay { district: last.0, referral: last.1 })
}

/// Nothing, or an identity number that can be one: a resident's with a day of birth that was, or letters and digits of another document.
pub(super) fn may_be_id(typed: &str, today: jiff::civil::Date) -> bool {
    let number = squeezed(typed);
    if number.is_empty() {
        return true;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let born = |text: Option<&str>, century: &str| {
        let born = text.and_then(|text| jiff::civil::Date::strptime("%Y%m%d", format!("{century}{text}")).ok());
        born.is_some_and(|born| born <= today && born.year() >= 1880)
    };
    let most = number.get(..number.len().saturating_sub(1)).unwrap_or_default();
    match number.len() {
        18 if digits(most) => number.ends_with(|c: char| c.is_ascii_digit() || c == 'X') && born(number.get(6..14), ""),
        15 if digits(&number) => born(number.get(6..12), "19"),
        _ => {
            let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '(' | ')' | '/');
            number.chars().all(known) && number.contains(|c: char| c.is_ascii_digit()) && !(digits(&number) && number.len() > 12)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str, id_number: &str, phone: &str) -> Patient {
        Patient { name: name.to_owned(), id_number: id_number.to_owned(), phone: phone.to_owned(), ..Patient::default() }
    }

    #[test]
    fn who_is_typed_otherwise_is_the_same() {
        let keys = claim_keys(&known("张奶奶", "320102194405010020", "13900000000"));
        assert!(keys.0.is_some() && keys.1.is_some());
        assert_eq!(claim_keys(&known("张 奶奶", "３２０１０２１９４４０５０１００２０", "139 0000 0000")), keys);
        assert_eq!(claim_keys(&known("张奶奶", "", "+86 139-0000-0000")), (None, keys.1.clone()));
        assert_eq!(claim_keys(&known("张奶奶", "32010219440501002x", "")).0.unwrap(), "patient-id:32010219440501002X");
        assert_ne!(claim_keys(&known("李奶奶", "", "13900000000")).1, keys.1);
        assert_eq!(claim_keys(&known("阿依古丽·买买提", "", "1")).1, claim_keys(&known("阿依古丽•买买提", "", "1")).1);
    }

    #[test]
    fn an_identity_number_has_a_day_that_was() {
        let today = jiff::civil::date(2026, 11, 24);
        for may in ["", " ", "320102194405010020", "32010219440501002x", "320102440501002", "E12345678", "H01234567", "X1"] {
            assert!(may_be_id(may, today), "{may}");
        }
        for not in
            ["abc", "320102194413400020", "320102203001010020", "32010219440501", "3201021944050100201", "1;DROP", "不知道"]
        {
            assert!(!may_be_id(not, today), "{not}");
        }
    }
}
