//! Accounts, sessions, links.

use linli_access::{Role, Scope};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::{AppointmentId, PersonId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

linli_kernel::id_type! {
    /// An account of staff (账号).
    pub struct AccountId;
    /// The claim of a home (认领).
    pub struct ClaimId;
}

/// How long things last. Every value is configuration; the numbers are auditors' usual ones, not law (unverified).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoorRules {
    /// Fewest characters of a password.
    pub password_least: usize,
    /// Wrong passwords with a login from one address before it is locked there for a while.
    pub failures_before_lock: i64,
    /// First lock, seconds; it doubles with every further failure up to an hour.
    pub lock_secs: i64,
    /// Wrong passwords with a login from anywhere before it is slowed down, except where it came in lately.
    pub failures_anywhere: i64,
    /// Seconds between two attempts from then on.
    pub pause_anywhere_secs: i64,
    /// A session ends after so many seconds without a request.
    pub idle_secs: i64,
    /// A session ends after so many seconds in any case.
    pub session_secs: i64,
    /// A one-time link lasts so many seconds.
    pub link_secs: i64,
    /// A code on paper lasts so many seconds.
    pub code_secs: i64,
    /// The session of a claimed home lasts so many seconds.
    pub home_secs: i64,
}

impl Default for DoorRules {
    fn default() -> Self {
        Self {
            password_least: 10,
            failures_before_lock: 5,
            lock_secs: 60,
            failures_anywhere: 100,
            pause_anywhere_secs: 60,
            idle_secs: 12 * 3600,
            session_secs: 14 * 86_400,
            link_secs: 24 * 3600,
            code_secs: 60 * 86_400,
            home_secs: 365 * 86_400,
        }
    }
}

/// A secret handed out once. Only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// 256 random bits in letters that a cookie and an address can hold.
    #[must_use]
    pub fn random(rng: &dyn linli_kernel::Rng) -> Self {
        use base64::Engine as _;
        let mut bytes = [0_u8; 32];
        rng.fill(&mut bytes);
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// The first administrator.
    Setup,
    /// A new account, or a new password for one.
    Password,
}

impl LinkKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Password => "password",
        }
    }
}

/// An account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its login.
    pub login: String,
    /// District of the person.
    pub person_district: DistrictId,
    /// The person.
    pub person_id: PersonId,
    /// Since when it is closed.
    pub disabled_at: Option<Ts>,
    /// Since when it exists.
    pub created_at: Ts,
}

/// An account in the list of administrators, with the person behind it.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct AccountLine {
    /// The account.
    #[row(flatten)]
    pub account: Account,
    /// The name of the person; `None` when the person is not known any more.
    pub person_name: Option<String>,
    /// The staff number of the person.
    pub person_code: Option<String>,
}

/// Which accounts a list asks for. What is empty asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// A part of the login or of the name, or how the staff number begins.
    pub text: String,
    /// Accounts of those who hold this role now.
    pub role: Option<Role>,
    /// Accounts of those who hold a post at this place or below it now.
    pub under: Option<Scope>,
}

/// An appointment one may act under, with its place in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// District of the appointment.
    pub district: DistrictId,
    /// The appointment.
    pub appointment: AppointmentId,
    /// Its role.
    pub role: Role,
    /// Its exact title, or empty.
    pub title: String,
    /// Its place.
    pub place: PlacePath,
    /// Its place in words.
    pub place_name: String,
}

/// Letters of codes on paper, in capitals: none that is misread for another (no 0 O, 1 I, Z). As many as a prime number, so
/// that the check letter notices every slip of one letter and every two letters changed over.
pub(crate) const PAPER_LETTERS: &[u8; 31] = b"23456789ABCDEFGHJKLMNPQRSTUVWXY";
/// How many there are.
const PRIME: u64 = 31;

/// A code for paper: nine random letters and one computed from them, shown as `ABCDE-FGHJK` (44.6 bits). The last letter is
/// the sum of the others, weighted 2 to 10, modulo 31.
#[must_use]
pub fn paper_code(rng: &dyn linli_kernel::Rng) -> String {
    let mut code = String::with_capacity(11);
    let mut sum = 0_u64;
    for i in 0..9_u64 {
        let letter = rng.below(PRIME);
        sum += letter * (i + 2);
        code.push(paper_letter(letter));
    }
    code.push(paper_letter(sum % PRIME));
    code.insert(5, '-');
    code
}

/// A code as somebody typed it: upper case, without blanks and hyphens. `None` when the last letter does not fit the others.
#[must_use]
pub fn read_paper_code(typed: &str) -> Option<String> {
    let code: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    let values: Vec<u64> = code
        .bytes()
        .map(|b| PAPER_LETTERS.iter().position(|l| *l == b).and_then(|i| u64::try_from(i).ok()))
        .collect::<Option<_>>()?;
    let (last, first) = values.split_last()?;
    let sum: u64 = first.iter().zip(2..).map(|(value, weight)| value * weight).sum();
    (values.len() == 10 && sum % PRIME == *last).then_some(code)
}

fn paper_letter(value: u64) -> char {
    usize::try_from(value).ok().and_then(|i| PAPER_LETTERS.get(i)).copied().map_or('?', char::from)
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;

    use super::*;

    #[test]
    fn a_code_reads_back_and_no_slip_passes() {
        let rng = SeededRng::new(3);
        for _ in 0..300 {
            let code = paper_code(rng.as_ref());
            let read = read_paper_code(&code.to_lowercase()).unwrap();
            assert_eq!(read, code.replace('-', ""));
            let letters: Vec<u8> = read.bytes().collect();
            let refused = |slip: &[u8]| assert_eq!(read_paper_code(std::str::from_utf8(slip).unwrap()), None, "{read}");
            for place in 0..10 {
                for other in PAPER_LETTERS.iter().filter(|l| **l != letters[place]) {
                    let mut slip = letters.clone();
                    slip[place] = *other;
                    refused(&slip);
                }
                for later in place + 1..10 {
                    let mut slip = letters.clone();
                    slip.swap(place, later);
                    if slip != letters {
                        refused(&slip);
                    }
                }
            }
        }
        for wrong in ["2222", "", "2222222222Z", "ABCDE-FGHJ0"] {
            assert_eq!(read_paper_code(wrong), None, "{wrong}");
        }
    }

    /// The check is linear, so these are all the ways in which a slip could pass: a difference at one place, or two letters
    /// changed over.
    #[test]
    fn no_weight_lets_a_slip_pass() {
        let weights: Vec<i64> = (2..=10).chain([-1]).collect();
        let passes = |x: i64| x.rem_euclid(31) == 0;
        for (i, a) in weights.iter().enumerate() {
            for difference in 1..31 {
                assert!(!passes(a * difference), "one letter at {i}");
                for (j, b) in weights.iter().enumerate().skip(i + 1) {
                    assert!(!passes((a - b) * difference), "{i} and {j} changed over");
                }
            }
        }
    }
}
