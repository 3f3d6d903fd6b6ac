//! Enrolled merchants with goods, for the tests of this and higher duties.
//!
//! Panics where a step is refused: a test that cannot arrange its scene has failed.

use crate::{Content, Listing, New};
use bytes::Bytes;
use kernel::testing::{owner, staff};
use kernel::{Kernel, Reaction, Role, outbox};
use merchants::{Change, Company, Contacts, Move, NewFile, NewQualification, ReturnAddress};

/// The migrations under which [`merchant`] and [`offer`] work; a higher duty adds its own.
pub fn migrations() -> db::Migrations {
    let mut all = kernel::migrations();
    all.extend(merchants::migrations());
    all.extend(crate::migrations());
    all
}

/// Lets merchants and listings work until nothing is left to do.
///
/// # Panics
/// When they do not settle.
pub async fn settle(kernel: &Kernel) {
    let mut jobs = crate::jobs();
    jobs.push(kernel::Job::new("loops", std::time::Duration::from_secs(1), |kernel| async move {
        outbox::react(&kernel, &reactions()).await
    }));
    jobs.extend(merchants::jobs_with(None));
    kernel::job::settle(kernel, &jobs, 400).await.expect("merchants and listings settle");
}

/// An enrolled merchant for these categories, with a business licence (and a food licence where food is among them).
///
/// # Panics
/// When a step is refused.
pub async fn merchant(kernel: &Kernel, id: &str, serial: u32, categories: &[&str]) {
    let (actor, name) = (owner(id), format!("杭州第{serial}百货有限公司"));
    let change = Change {
        company: Some(company(serial, &name)),
        contacts: Some(contacts(serial, &name)),
        categories: Some(categories.iter().map(|c| (*c).to_owned()).collect()),
        complete: true,
    };
    merchants::create(kernel, &actor, "cn", change).await.expect("a file");
    let licence = NewQualification {
        kind: "business-licence".into(),
        number: uscc(serial),
        holder: name.clone(),
        issuer: "杭州市市场监督管理局".into(),
        valid_from: "2020-01-01".into(),
        ..NewQualification::default()
    };
    let file = NewFile { name: "执照.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 a licence") };
    merchants::add_qualification(kernel, &actor, id, licence, Some(file)).await.expect("a licence");
    if categories.iter().any(|category| category.starts_with("food")) {
        food_licence(kernel, id, serial, &name, "2026-03-31").await;
    }
    let version = merchants::get(kernel, &actor, id).await.expect("the file").version;
    merchants::submit(kernel, &actor, id, version).await.expect("handed in");
    settle(kernel).await;
    let reviewer = staff(Role::Reviewer);
    let version = merchants::get(kernel, &reviewer, id).await.expect("the file").version;
    let decision = merchants::Decision { confirm_papers: true, ..merchants::Decision::default() };
    merchants::decide(kernel, &reviewer, id, version, Move::Enrol, decision).await.expect("enrolled");
    settle(kernel).await;
}

/// A food trading licence handed in.
///
/// # Panics
/// When it is refused.
pub async fn food_licence(
    kernel: &Kernel,
    id: &str,
    serial: u32,
    holder: &str,
    until: &str,
) -> merchants::Qualification {
    let licence = NewQualification {
        kind: "food-trading-licence".into(),
        number: food_licence_number(serial),
        holder: holder.into(),
        issuer: "杭州市市场监督管理局".into(),
        valid_from: "2024-01-01".into(),
        valid_until: until.into(),
        ..NewQualification::default()
    };
    let file = NewFile { name: "许可证.pdf".into(), content: Bytes::from_static(b"%PDF-1.4 food") };
    merchants::add_qualification(kernel, &owner(id), id, licence, Some(file)).await.expect("a food licence")
}

/// Writes and hands in a listing and lets it be screened.
///
/// # Panics
/// When a step is refused.
pub async fn offer(kernel: &Kernel, merchant: &str, number: &str, content: Content) -> Listing {
    let new =
        New { merchant_id: merchant.into(), market: "cn".into(), external_id: number.into(), content, source_at: None };
    let actor = owner(merchant);
    let listing = crate::create(kernel, &actor, new).await.expect("a listing");
    crate::submit(kernel, &actor, &listing.id, &listing.latest_version_id).await.expect("handed in");
    settle(kernel).await;
    crate::get(kernel, &staff(Role::Reviewer), &listing.id).await.expect("the listing")
}

/// The loops of the product that touch listings.
pub fn reactions() -> Vec<Reaction> {
    vec![
        Reaction::new("a", &["qualification.expired", "qualification.rejected"], crate::on_qualification_expired),
        Reaction::new("b", &["qualification.verified"], crate::on_qualification_verified),
        Reaction::new("c", &["merchant.suspended", "merchant.closed", "merchant.banned"], crate::on_merchant_stopped),
        Reaction::new("d", &["merchant.enrolled", "merchant.restored"], crate::on_merchant_returned),
        Reaction::new("e", &["policy.activated"], crate::on_policy_activated),
        Reaction::new("f", &["brand.expired", "brand.rejected", "brand.withdrawn"], crate::on_brand_lapsed),
    ]
}

/// Honest goods of a category that asks for no product documents.
pub fn honest(title: &str) -> Content {
    Content {
        title: title.into(),
        description: "日常家用，简洁实用。".into(),
        category: "daily/home".into(),
        price_minor: Some(3990),
        currency: "CNY".into(),
        ..Content::default()
    }
}

fn company(serial: u32, name: &str) -> Company {
    Company {
        uscc: uscc(serial),
        legal_name: name.into(),
        shop_name: format!("百货{serial}"),
        representative: format!("李四{serial}"),
        representative_id: String::new(),
        address: "浙江省杭州市西湖区文三路 1 号".into(),
    }
}

fn contacts(serial: u32, name: &str) -> Contacts {
    Contacts {
        name: "王五".into(),
        phone: format!("1380013{serial:04}"),
        email: "shop@example.com".into(),
        bank_name: "中国工商银行".into(),
        bank_holder: name.into(),
        bank_account: format!("622202{serial:012}"),
        return_addresses: vec![ReturnAddress {
            name: "仓库".into(),
            phone: "057112345678".into(),
            address: "杭州市仓前路 2 号".into(),
        }],
        devices: vec![],
    }
}

/// A valid Unified Social Credit Code (GB 32100 over GB 11714) with this serial in the organisation code.
fn uscc(serial: u32) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("{serial:08}");
    let sum: u32 = body.bytes().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(b, w)| u32::from(b - b'0') * w).sum();
    let check = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or_default(),
    };
    let head = format!("91330106{body}{check}");
    let weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let sum: usize =
        head.bytes().zip(weights).map(|(b, w)| ALPHABET.iter().position(|a| *a == b).unwrap_or_default() * w).sum();
    format!("{head}{}", ALPHABET[(31 - sum % 31) % 31] as char)
}

/// A food trading licence number with a right check digit (ISO 7064 MOD 11,10).
fn food_licence_number(serial: u32) -> String {
    let body = format!("13301060{serial:05}");
    let mut p = 10;
    for digit in body.bytes().map(|b| u32::from(b - b'0')) {
        p = (p + digit) % 10;
        p = (if p == 0 { 10 } else { p }) * 2 % 11;
    }
    format!("JY{body}{}", (11 - p) % 10)
}
