//! The demonstration marketplace: about 40 merchants and 300 listings, most honest, some not.

use crate::pictures::Picture;
use crate::{numbers, papers};
use ground::{Rng, SeededRng, money};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

const PRODUCTS: &str = include_str!("../data/products.tsv");
const FAULTS: &str = include_str!("../data/faults.tsv");
const MERCHANTS: usize = 40;

/// Everything the demonstration consists of.
#[derive(Debug)]
pub struct Demonstration {
    /// Merchants in the order they apply.
    pub merchants: Vec<Merchant>,
    /// Listings in the order they are submitted.
    pub listings: Vec<Listing>,
}

/// A merchant that applies.
#[derive(Debug, Clone)]
pub struct Merchant {
    /// Sign-in name.
    pub login: String,
    /// Registered name.
    pub name: String,
    /// Unified social credit code as given.
    pub uscc: String,
    /// Name of the shop.
    pub shop_name: String,
    /// Legal representative.
    pub representative: String,
    /// Their identity number (made up, with a right check character).
    pub representative_id: String,
    /// Contact phone.
    pub phone: String,
    /// Contact address.
    pub email: String,
    /// Bank of the settlement account.
    pub bank_name: String,
    /// Settlement account.
    pub bank_account: String,
    /// Where goods are sent back to.
    pub return_address: String,
    /// Category paths they want to sell in.
    pub categories: Vec<String>,
    /// Their documents.
    pub papers: Vec<Paper>,
    /// What is wrong with them; empty for honest ones. For tests: the product is never told.
    pub truth: String,
}

/// A document of a merchant or of a listing.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Kind as in the qualification matrix.
    pub kind: String,
    /// Number.
    pub number: String,
    /// In whose name.
    pub holder: String,
    /// By whom.
    pub issuer: String,
    /// First day of validity.
    pub from: Date,
    /// Last day of validity; none for unlimited.
    pub until: Option<Date>,
    /// The file, PDF.
    pub file: Vec<u8>,
}

/// A listing that is submitted.
#[derive(Debug, Clone)]
pub struct Listing {
    /// Position of its merchant in [`Demonstration::merchants`].
    pub merchant: usize,
    /// The shop's own number.
    pub external_id: String,
    /// Title.
    pub title: String,
    /// Description.
    pub description: String,
    /// Category path.
    pub category: String,
    /// Brand.
    pub brand: String,
    /// GTIN-13.
    pub gtin: String,
    /// Price, fen.
    pub price_minor: i64,
    /// Crossed-out price, fen.
    pub list_price_minor: Option<i64>,
    /// Attributes.
    pub attributes: BTreeMap<String, String>,
    /// Pictures, drawn when asked for.
    pub pictures: Vec<Picture>,
    /// What is wrong with it; empty for honest ones. For tests.
    pub truth: String,
}

struct Product {
    category: String,
    brand: String,
    title: String,
    variants: Vec<String>,
    price_minor: i64,
    description: String,
    attributes: BTreeMap<String, String>,
}

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

fn products() -> Vec<Product> {
    rows(PRODUCTS)
        .filter_map(|row| {
            let [category, brand, title, variants, price, description, attributes] = row[..] else { return None };
            Some(Product {
                category: category.to_owned(),
                brand: brand.to_owned(),
                title: title.to_owned(),
                variants: variants.split('|').map(str::to_owned).collect(),
                price_minor: money::parse_minor(price, "CNY")?,
                description: description.to_owned(),
                attributes: attributes
                    .split(';')
                    .filter_map(|pair| pair.split_once('='))
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .collect(),
            })
        })
        .collect()
}

/// The marketplace of a seed, as of `today`.
pub fn generate(seed: u64, today: Date) -> Demonstration {
    let rng = SeededRng::new(seed);
    let products = products();
    let mut demonstration = Demonstration { merchants: Vec::new(), listings: Vec::new() };
    let roots: Vec<String> = {
        let mut roots: Vec<String> = products.iter().map(|product| root(&product.category).to_owned()).collect();
        roots.dedup();
        roots
    };
    for place in 0..MERCHANTS {
        let own_root = &roots[place % roots.len()];
        let mut categories: Vec<String> = products
            .iter()
            .filter(|product| root(&product.category) == own_root)
            .map(|product| product.category.clone())
            .collect();
        categories.dedup();
        demonstration.merchants.push(merchant(&rng, place, categories, today));
    }
    let all_faults: Vec<_> = rows(FAULTS).collect();
    let mut faults = all_faults.iter().cycle();
    for (number, (product, variant)) in variants(&products).enumerate() {
        let sellers: Vec<usize> = (0..MERCHANTS)
            .filter(|place| demonstration.merchants[*place].categories.contains(&product.category))
            .collect();
        let seller = sellers[rng.below(sellers.len() as u64) as usize];
        let mut listing = honest(&rng, seller, number, product, variant);
        if is_dishonest(seller) && rng.below(100) < 70 {
            let fault = (0..64)
                .find_map(|_| faults.next().filter(|row| row.len() >= 4 && listing.category.starts_with(row[1])));
            if let Some(fault) = fault {
                spoil(&mut listing, fault, &demonstration.listings, number as u64);
            }
        }
        demonstration.listings.push(listing);
    }
    demonstration
}

fn root(category: &str) -> &str {
    category.split('/').next().unwrap_or(category)
}

fn variants(products: &[Product]) -> impl Iterator<Item = (&Product, &str)> {
    let each =
        products.iter().flat_map(|product| product.variants.iter().map(move |variant| (product, variant.as_str())));
    let again = products
        .iter()
        .map(|product| (product, "家庭装"))
        .chain(products.iter().map(|product| (product, "体验装")))
        .chain(products.iter().map(|product| (product, "两件装")));
    each.chain(again).take(300)
}

/// Every fifth merchant cheats.
fn is_dishonest(place: usize) -> bool {
    place % 5 == 3
}

fn honest(rng: &dyn Rng, merchant: usize, number: usize, product: &Product, variant: &str) -> Listing {
    let price = product.price_minor * (85 + rng.below(35) as i64) / 100;
    let picture_seed = number as u64 * 7919 + 17;
    let mut attributes = product.attributes.clone();
    attributes.insert("规格".to_owned(), variant.to_owned());
    if product.category.starts_with("food/")
        && !attributes.contains_key("批准文号")
        && !attributes.contains_key("注册号")
    {
        attributes.insert("食品生产许可证编号".to_owned(), numbers::food_production(rng, "330100"));
    }
    Listing {
        merchant,
        external_id: format!("SKU-{number:04}"),
        title: format!("{} {} {variant}", product.brand, product.title),
        description: product.description.clone(),
        category: product.category.clone(),
        brand: product.brand.clone(),
        gtin: numbers::gtin(rng),
        price_minor: price,
        list_price_minor: None,
        attributes,
        pictures: vec![Picture::Product(picture_seed)],
        truth: String::new(),
    }
}

fn spoil(listing: &mut Listing, fault: &[&str], others: &[Listing], number: u64) {
    let (kind, place, what) = (fault[0], fault[2], fault[3]);
    listing.truth = format!("{kind}: {what}");
    match place {
        "title+" => listing.title = format!("{what}{}", listing.title),
        "description+" => listing.description.push_str(what),
        "list" => {
            listing.list_price_minor = Some((listing.price_minor as f64 * what.parse::<f64>().unwrap_or(5.0)) as i64)
        }
        "price" => listing.price_minor = (listing.price_minor as f64 * what.parse::<f64>().unwrap_or(0.1)) as i64,
        "brand" => {
            listing.title = listing.title.replacen(&listing.brand, what, 1);
            listing.brand = what.to_owned();
        }
        "qr" => listing.pictures.push(Picture::WithQr(number + 900_001, what.to_owned())),
        "steal" => {
            if let Some(victim) =
                others.iter().position(|other| other.merchant != listing.merchant && other.truth.is_empty())
            {
                listing.pictures = vec![Picture::Copied(victim as u64 * 7919 + 17)];
            }
        }
        "number" => {
            if let Some((key, value)) = what.split_once('=') {
                listing.attributes.insert(key.to_owned(), value.to_owned());
            }
        }
        _ => {}
    }
}

const CITIES: &[(&str, &str)] = &[
    ("杭州", "330100"),
    ("广州", "440100"),
    ("福州", "350100"),
    ("成都", "510100"),
    ("义乌", "330782"),
    ("青岛", "370200"),
    ("武汉", "420100"),
    ("长沙", "430100"),
    ("厦门", "350200"),
    ("苏州", "320500"),
];
const WORDS: &[&str] = &[
    "晨曦", "禾木", "云帆", "致远", "嘉禾", "明澈", "启程", "恒信", "悦享", "百川", "青禾", "瑞丰", "锦程", "安和",
    "星海", "朗月",
];
const TRADES: &[(&str, &str)] = &[
    ("food", "食品"),
    ("cosmetics", "化妆品"),
    ("apparel", "服饰"),
    ("electronics", "电子科技"),
    ("appliances", "电器"),
    ("children", "母婴用品"),
    ("daily", "日用品"),
    ("sports", "体育用品"),
    ("pet", "宠物用品"),
    ("jewelry", "珠宝"),
    ("books", "文化传媒"),
    ("auto", "汽车用品"),
];
const PEOPLE: &[&str] =
    &["王建国", "李秀英", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周婷", "吴强", "徐丽", "孙浩"];

fn merchant(rng: &dyn Rng, place: usize, categories: Vec<String>, today: Date) -> Merchant {
    let (city, region) = CITIES[place % CITIES.len()];
    let root = categories.first().map_or("daily", |category| root(category)).to_owned();
    let trade = TRADES.iter().find(|(key, _)| *key == root).map_or("商贸", |(_, trade)| trade);
    let word = WORDS[(place * 5 + place / WORDS.len()) % WORDS.len()];
    let name = format!("{city}{word}{trade}有限公司");
    let mut uscc = numbers::uscc(rng, region);
    let mut truth = String::new();
    let mut licence_until = today.saturating_add((200 + rng.below(900) as i64).days());
    let mut holder = name.clone();
    match (is_dishonest(place), place % 4) {
        (true, 0) => {
            uscc = numbers::spoiled(&uscc);
            truth = "forged credit code".to_owned();
        }
        (true, 1) => {
            licence_until = today.saturating_sub(40.days());
            truth = "expired licence".to_owned();
        }
        (true, 2) => {
            holder = "另一家食品有限公司".to_owned();
            truth = "somebody else's licence".to_owned();
        }
        (true, _) => truth = "false claims".to_owned(),
        (false, _) => {}
    }
    let since = today.saturating_sub((400 + rng.below(1500) as i64).days());
    let mut papers =
        vec![paper("business-licence", "营业执照", &uscc, &name, &format!("{city}市市场监督管理局"), since, None)];
    if root == "food" {
        let issuer = format!("{city}市市场监督管理局");
        papers.push(paper(
            "food-trading-licence",
            "食品经营许可证",
            &numbers::food_trading(rng, region),
            &holder,
            &issuer,
            since,
            Some(licence_until),
        ));
    }
    if root == "books" {
        let number = format!("新出发{}零字第{}号", &city[..3], 1000 + rng.below(9000));
        papers.push(paper(
            "publication-licence",
            "出版物经营许可证",
            &number,
            &holder,
            "新闻出版局",
            since,
            Some(licence_until),
        ));
    }
    if root == "cosmetics" || root == "children" || root == "electronics" {
        papers.push(paper(
            "trademark",
            "商标注册证",
            &numbers::trademark(rng),
            &holder,
            "国家知识产权局",
            since,
            Some(licence_until),
        ));
    }
    Merchant {
        login: format!("merchant{:02}", place + 1),
        shop_name: format!("{word}{trade}旗舰店"),
        representative: PEOPLE[place % PEOPLE.len()].to_owned(),
        representative_id: numbers::identity(rng, region),
        bank_name: format!("中国工商银行{city}分行"),
        phone: numbers::phone(rng),
        email: format!("contact{:02}@example.com", place + 1),
        bank_account: format!("6222{:015}", rng.below(1_000_000_000_000_000)),
        return_address: format!("{city}市高新区{word}路{}号", 1 + rng.below(300)),
        name,
        uscc,
        categories,
        papers,
        truth,
    }
}

fn paper(kind: &str, title: &str, number: &str, holder: &str, issuer: &str, from: Date, until: Option<Date>) -> Paper {
    let until_text = until.map_or("长期".to_owned(), |date| date.to_string());
    let file = papers::page(
        title,
        &[
            ("编号", number),
            ("持有人", holder),
            ("发证机关", issuer),
            ("有效期自", &from.to_string()),
            ("有效期至", &until_text),
        ],
    );
    Paper {
        kind: kind.to_owned(),
        number: number.to_owned(),
        holder: holder.to_owned(),
        issuer: issuer.to_owned(),
        from,
        until,
        file,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marketplace_has_the_size_and_the_spread_it_promises() {
        let made = generate(1, jiff::civil::date(2026, 11, 23));
        assert_eq!(made.merchants.len(), 40);
        assert_eq!(made.listings.len(), 300);
        let roots: std::collections::BTreeSet<&str> =
            made.listings.iter().map(|listing| root(&listing.category)).collect();
        assert!(roots.len() >= 8, "{roots:?}");
        let dishonest = made.listings.iter().filter(|listing| !listing.truth.is_empty()).count();
        assert!((20..=90).contains(&dishonest), "{dishonest}");
        let kinds: std::collections::BTreeSet<&str> =
            made.listings.iter().filter_map(|listing| listing.truth.split(':').next()).collect();
        assert!(kinds.len() >= 5, "{kinds:?}");
    }

    #[test]
    fn the_same_seed_makes_the_same_marketplace() {
        let day = jiff::civil::date(2026, 11, 23);
        assert_eq!(format!("{:?}", generate(3, day)), format!("{:?}", generate(3, day)));
    }
}
