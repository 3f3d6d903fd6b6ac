//! Where scans and events are: countries with their middle and radius, the places a reader may choose from, and what the
//! locations in events say. Coordinates are rounded to a hundredth of a degree, about a kilometre, before anything is kept.

use ground::Bilingual;
use journey::clones::{Place, Source};

/// A country: ISO 3166-1 alpha-2, degrees north and east of its middle, radius in kilometres that covers where its people
/// live. Approximate by nature: it says "somewhere in this country".
struct Country(&'static str, f64, f64, f64);

const COUNTRIES: &[Country] = &[
    Country("AE", 24.0, 54.0, 300.0),
    Country("AR", -34.0, -64.0, 1800.0),
    Country("AT", 47.6, 14.1, 300.0),
    Country("AU", -25.5, 134.5, 2200.0),
    Country("BD", 23.8, 90.3, 350.0),
    Country("BE", 50.6, 4.6, 160.0),
    Country("BG", 42.7, 25.4, 270.0),
    Country("BR", -10.8, -53.0, 2300.0),
    Country("CA", 56.0, -97.0, 3000.0),
    Country("CH", 46.8, 8.2, 190.0),
    Country("CL", -36.0, -71.5, 2200.0),
    Country("CN", 35.0, 103.0, 2600.0),
    Country("CO", 4.0, -73.0, 900.0),
    Country("CY", 35.0, 33.2, 110.0),
    Country("CZ", 49.8, 15.5, 260.0),
    Country("DE", 51.1, 10.4, 480.0),
    Country("DK", 56.0, 10.5, 250.0),
    Country("EE", 58.7, 25.5, 200.0),
    Country("EG", 27.0, 30.5, 700.0),
    Country("ES", 40.2, -3.6, 600.0),
    Country("FI", 64.0, 26.0, 650.0),
    Country("FR", 46.5, 2.5, 550.0),
    Country("GB", 54.0, -2.0, 600.0),
    Country("GR", 39.0, 22.9, 450.0),
    Country("HK", 22.35, 114.15, 40.0),
    Country("HR", 45.1, 16.0, 280.0),
    Country("HU", 47.2, 19.4, 270.0),
    Country("ID", -2.5, 118.0, 2600.0),
    Country("IE", 53.2, -8.0, 240.0),
    Country("IL", 31.5, 35.0, 230.0),
    Country("IN", 22.5, 79.5, 1700.0),
    Country("IT", 42.8, 12.5, 650.0),
    Country("JP", 36.5, 138.0, 1200.0),
    Country("KE", 0.5, 37.8, 550.0),
    Country("KH", 12.7, 105.0, 300.0),
    Country("KR", 36.4, 127.9, 300.0),
    Country("KZ", 48.0, 67.0, 1500.0),
    Country("LA", 18.5, 103.8, 500.0),
    Country("LT", 55.3, 23.9, 200.0),
    Country("LU", 49.8, 6.1, 50.0),
    Country("LV", 56.9, 24.9, 220.0),
    Country("MM", 20.0, 96.5, 900.0),
    Country("MN", 46.9, 103.8, 1200.0),
    Country("MO", 22.16, 113.56, 15.0),
    Country("MT", 35.9, 14.4, 25.0),
    Country("MX", 23.6, -102.5, 1500.0),
    Country("MY", 4.0, 109.5, 1100.0),
    Country("NG", 9.1, 8.1, 700.0),
    Country("NL", 52.2, 5.3, 180.0),
    Country("NO", 64.5, 15.0, 1000.0),
    Country("NZ", -41.0, 173.0, 850.0),
    Country("PE", -9.2, -75.0, 1000.0),
    Country("PH", 12.0, 122.9, 950.0),
    Country("PK", 30.0, 69.4, 850.0),
    Country("PL", 52.0, 19.3, 400.0),
    Country("PT", 39.6, -8.0, 300.0),
    Country("RO", 45.9, 25.0, 380.0),
    Country("RU", 60.0, 90.0, 3800.0),
    Country("SA", 24.0, 45.0, 1100.0),
    Country("SE", 62.0, 16.5, 800.0),
    Country("SG", 1.35, 103.82, 30.0),
    Country("SI", 46.1, 14.8, 130.0),
    Country("SK", 48.7, 19.5, 210.0),
    Country("TH", 14.5, 101.0, 850.0),
    Country("TR", 39.0, 35.2, 800.0),
    Country("TW", 23.7, 121.0, 200.0),
    Country("UA", 48.9, 31.4, 650.0),
    Country("US", 39.5, -98.5, 2500.0),
    Country("VN", 16.5, 106.3, 900.0),
    Country("ZA", -29.0, 25.0, 900.0),
];

/// The European Union's members.
const EU: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A place a reader may choose: code (GB/T 2260 of a province, or a country), names, degrees north and east of the place
/// most of its people live around, radius in kilometres.
pub struct Choice {
    /// Code.
    pub code: &'static str,
    zh: &'static str,
    en: &'static str,
    latitude: f64,
    longitude: f64,
    radius_km: f64,
}

macro_rules! choices {
    ($($code:literal $zh:literal $en:literal $latitude:literal $longitude:literal $radius:literal),+ $(,)?) => {
        &[$(Choice { code: $code, zh: $zh, en: $en, latitude: $latitude, longitude: $longitude, radius_km: $radius }),+]
    };
}

/// The provinces of China.
pub const CHOICES: &[Choice] = choices![
    "110000" "北京" "Beijing" 39.9 116.4 80.0,
    "120000" "天津" "Tianjin" 39.1 117.2 80.0,
    "130000" "河北" "Hebei" 38.0 115.5 300.0,
    "140000" "山西" "Shanxi" 37.6 112.3 300.0,
    "150000" "内蒙古" "Inner Mongolia" 42.5 113.0 1100.0,
    "210000" "辽宁" "Liaoning" 41.3 122.8 270.0,
    "220000" "吉林" "Jilin" 43.7 126.2 350.0,
    "230000" "黑龙江" "Heilongjiang" 47.2 128.0 480.0,
    "310000" "上海" "Shanghai" 31.2 121.5 60.0,
    "320000" "江苏" "Jiangsu" 32.9 119.5 260.0,
    "330000" "浙江" "Zhejiang" 29.2 120.3 230.0,
    "340000" "安徽" "Anhui" 31.9 117.2 270.0,
    "350000" "福建" "Fujian" 26.1 118.2 250.0,
    "360000" "江西" "Jiangxi" 27.7 115.7 290.0,
    "370000" "山东" "Shandong" 36.4 118.5 300.0,
    "410000" "河南" "Henan" 33.9 113.6 290.0,
    "420000" "湖北" "Hubei" 31.0 112.6 310.0,
    "430000" "湖南" "Hunan" 27.7 111.7 310.0,
    "440000" "广东" "Guangdong" 23.0 113.4 350.0,
    "450000" "广西" "Guangxi" 23.7 108.8 340.0,
    "460000" "海南" "Hainan" 19.5 109.9 180.0,
    "500000" "重庆" "Chongqing" 29.8 107.4 250.0,
    "510000" "四川" "Sichuan" 30.4 103.6 450.0,
    "520000" "贵州" "Guizhou" 26.9 106.7 290.0,
    "530000" "云南" "Yunnan" 24.9 101.5 430.0,
    "540000" "西藏" "Xizang (Tibet)" 30.5 90.0 800.0,
    "610000" "陕西" "Shaanxi" 34.8 108.8 420.0,
    "620000" "甘肃" "Gansu" 36.5 103.0 750.0,
    "630000" "青海" "Qinghai" 36.2 99.0 500.0,
    "640000" "宁夏" "Ningxia" 37.6 106.1 230.0,
    "650000" "新疆" "Xinjiang" 42.5 85.5 950.0,
    "710000" "台湾" "Taiwan" 23.7 121.0 200.0,
    "810000" "香港" "Hong Kong" 22.35 114.15 40.0,
    "820000" "澳门" "Macao" 22.16 113.56 15.0,
];

impl Choice {
    /// Its name.
    pub fn name(&self) -> Bilingual {
        Bilingual::new(self.zh, self.en)
    }

    /// Where it is, with the radius of what it covers.
    pub fn place(&self) -> Option<Place> {
        Place::from_degrees(self.latitude, self.longitude, self.radius_km, Source::Given)
    }

    /// The country it counts as for markets.
    pub fn country(&self) -> &'static str {
        match self.code {
            "710000" => "TW",
            "810000" => "HK",
            "820000" => "MO",
            _ => "CN",
        }
    }
}

/// The choice of this code.
pub fn choice(code: &str) -> Option<&'static Choice> {
    CHOICES.iter().find(|choice| choice.code == code)
}

/// A country code as written in a header or body: two letters; what networks write for "not known" is none.
pub fn country_code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    let letters = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    (letters && !["XX", "ZZ", "EU", "AP", "A1", "A2"].contains(&code.as_str())).then_some(code)
}

/// Somewhere in this country.
pub fn of_country(code: &str) -> Option<Place> {
    let Country(_, latitude, longitude, radius_km) = COUNTRIES.iter().find(|country| country.0 == code)?;
    Place::from_degrees(*latitude, *longitude, *radius_km, Source::Network)
}

/// A place somebody gives in degrees, made coarse: a hundredth of a degree and never surer than a kilometre.
pub fn given(latitude: f64, longitude: f64, radius_km: f64) -> Option<Place> {
    let coarse = |degrees: f64| (degrees * 100.0).round() / 100.0;
    Place::from_degrees(coarse(latitude), coarse(longitude), radius_km.max(1.0), Source::Given)
}

/// Whether a country is outside a market; `None` where the market's countries are not known.
pub fn is_abroad(market: &str, country: &str) -> Option<bool> {
    match market {
        "cn" => Some(country != "CN"),
        "us" => Some(country != "US"),
        "eu" => Some(!EU.contains(&country)),
        _ => None,
    }
}

/// The province a point lies in, as nearly as a circle can tell.
pub fn name_of(latitude: f64, longitude: f64) -> Option<Bilingual> {
    let here = Place::from_degrees(latitude, longitude, 1.0, Source::Given)?;
    let share = |choice: &Choice| {
        let place = choice.place()?;
        Some(here.distance_km(&place) / choice.radius_km)
    };
    let near = CHOICES.iter().filter_map(|choice| Some((share(choice)?, choice))).filter(|(share, _)| *share <= 1.0);
    near.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, choice)| choice.name())
}

/// Degrees in a location of an event: a geographic URI (RFC 5870, `geo:31.2,121.5`), or an address of ours that ends so.
pub fn of_location(location: &str) -> Option<(f64, f64)> {
    let rest = &location[location.find("geo:")? + 4..];
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+'))).unwrap_or(rest.len());
    let mut numbers = rest[..end].split(',').map(str::parse::<f64>);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    ((-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)).then_some((latitude, longitude))
}

/// Characters of a text that are searched for a place.
const WORDS_CHARS_MAX: usize = 300;

/// The province a text names, in Chinese or English: an origin (`浙江省杭州市`), or a location of an event whose address holds
/// the name (escaped, as addresses are). The name that stands first counts; English ones only as whole words.
pub fn of_words(text: &str) -> Option<&'static Choice> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    let text: String = text.chars().take(WORDS_CHARS_MAX).collect();
    let lower = text.to_ascii_lowercase();
    let whole = |at: usize, name: &str| {
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        !is_letter(lower[..at].chars().next_back()) && !is_letter(lower[at + name.len()..].chars().next())
    };
    let place = |choice: &Choice| {
        let chinese = text.find(choice.zh);
        let name = choice.en.split(" (").next().unwrap_or(choice.en).to_ascii_lowercase();
        let english = lower.find(&name).filter(|at| whole(*at, &name));
        chinese.into_iter().chain(english).min()
    };
    let named = CHOICES.iter().filter_map(|choice| Some((place(choice)?, choice)));
    named.min_by_key(|(at, _)| *at).map(|(_, choice)| choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_province_is_found_in_words_and_in_addresses() {
        let code = |text: &str| of_words(text).map(|choice| choice.code);
        for (text, expected) in [
            ("浙江省杭州市", Some("330000")),
            ("中国广东深圳，近香港", Some("440000")),
            ("https://example.com/place/%E4%B8%8A%E6%B5%B7-1", Some("310000")),
            ("urn:example:warehouse:Inner Mongolia:2", Some("150000")),
            ("Shaanxi", Some("610000")),
            ("https://example.com/place/hainanese", None),
            ("https://example.com/place/%FF", None),
            ("德国巴伐利亚", None),
            ("", None),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn every_place_of_the_tables_is_on_the_globe_and_named_once() {
        for country in COUNTRIES {
            assert!(of_country(country.0).is_some(), "{}", country.0);
        }
        assert!(COUNTRIES.windows(2).all(|pair| pair[0].0 < pair[1].0), "in order, once each");
        assert!(CHOICES.iter().all(|choice| choice.place().is_some()));
        assert!(CHOICES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(EU.iter().all(|code| of_country(code).is_some()));
    }

    #[test]
    fn a_market_knows_its_countries() {
        assert_eq!(is_abroad("cn", "CN"), Some(false));
        assert_eq!(is_abroad("eu", "FR"), Some(false));
        assert_eq!(is_abroad("eu", "GB"), Some(true));
        assert_eq!(is_abroad("moon", "CN"), None);
    }

    #[test]
    fn headers_that_know_nothing_say_nothing() {
        for text in ["XX", "", "C", "中国", "T1x"] {
            assert_eq!(country_code(text), None, "{text:?}");
        }
        assert_eq!(country_code(" cn ").as_deref(), Some("CN"));
    }

    #[test]
    fn geographic_uris_are_read_and_nothing_else() {
        assert_eq!(of_location("geo:31.23,121.47"), Some((31.23, 121.47)));
        assert_eq!(of_location("geo:-33.87,151.21,20;u=35"), Some((-33.87, 151.21)));
        assert_eq!(of_location("https://id.gs1.org/414/6901234567892"), None);
        assert_eq!(of_location("geo:931.23,121.47"), None);
        assert_eq!(of_location("geo:"), None);
    }
}
