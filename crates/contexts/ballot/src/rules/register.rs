//! Who owns what (业主名册): documents by which owners are told apart, and the number under which parts of one owner are one head.

use linli_kernel::{resident_id, social_credit_code};
use sha2::{Digest as _, Sha256};

use crate::model::{OwnerId, Standing};

/// The number of a document as it is compared: without blanks, in capital letters. 18 signs are a resident's number or a credit code and must fit their
/// check digit; anything else is another document of 6 to 30 letters and digits.
#[must_use]
pub fn document(typed: &str) -> Option<String> {
    let number: String = typed.chars().filter(|sign| !sign.is_whitespace()).flat_map(char::to_uppercase).collect();
    let plain = number.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'-');
    let fits = match number.len() {
        18 if number.bytes().take(17).all(|sign| sign.is_ascii_digit()) => resident_id(&number).is_ok(),
        18 if !number.contains('-') => social_credit_code(&number).is_ok(),
        6..=30 => true,
        _ => false,
    };
    (plain && fits).then_some(number)
}

/// The number of a head: the same for all parts of the same owner or the same owners together, and for all that the developer has not sold or handed over
/// in an estate (法释〔2009〕7 号第九条).
#[must_use]
pub fn head(standing: Standing, estate: &str, owners: &[OwnerId]) -> Vec<u8> {
    if standing != Standing::Owned {
        return Sha256::new().chain_update("developer\n").chain_update(estate).finalize().to_vec();
    }
    let mut owners = owners.to_vec();
    owners.sort_unstable();
    owners.dedup();
    let hash = owners.iter().fold(Sha256::new().chain_update("owners\n"), |hash, owner| hash.chain_update(owner.0.as_bytes()));
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn owners_are_told_apart_by_documents_and_not_by_names() {
        assert_eq!(document(" e1234 5678 ").as_deref(), Some("E12345678"));
        assert_eq!(document("11010519491231002X").as_deref(), Some("11010519491231002X"), "the example of GB 11643");
        for wrong in ["", "123", "110105194912310021", "张三丰的护照号码", "a/b/c/d/e/f", "91350100M000100Y44"] {
            assert_eq!(document(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn parts_of_one_owner_are_one_head() {
        let (one, other) = (OwnerId(Uuid::from_u128(1)), OwnerId(Uuid::from_u128(2)));
        let owned = |owners: &[OwnerId]| head(Standing::Owned, "0001", owners);
        assert_eq!(owned(&[one, other]), owned(&[other, one, one]));
        assert_ne!(owned(&[one]), owned(&[one, other]), "who owns together is another owner than each alone");
        assert_eq!(head(Standing::Unsold, "0001", &[]), head(Standing::Undelivered, "0001", &[one]), "the developer is one head");
        assert_ne!(head(Standing::Unsold, "0001", &[]), head(Standing::Unsold, "0002", &[]));
    }
}
