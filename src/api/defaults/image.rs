//! The names of images. Follows `pkg/util/parsers` and `github.com/distribution/reference`.

/// An image's name in its parts, the defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// `docker.io/library/nginx`
    pub repository: String,
    /// `1.27`; `latest` if neither tag nor digest was written, empty beside a lone digest.
    pub tag: String,
    /// `sha256:…`, or nothing.
    pub digest: String,
}

/// Takes an image's name apart. `None` if no image can have this name.
pub fn parse_image_name(image: &str) -> Option<ImageName> {
    if image.len() == 64 && image.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    // A colon after the last slash starts a tag, one before it a port.
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    let (domain, path) = match name.split_once('/') {
        Some((domain, path)) if is_domain(domain) => (domain, path),
        _ => ("docker.io", name),
    };
    let domain = if domain == "index.docker.io" { "docker.io" } else { domain };
    let path = match path.contains('/') || domain != "docker.io" {
        true => path.to_owned(),
        false => format!("library/{path}"),
    };
    let fine = valid_domain(domain)
        && path.split('/').all(valid_component)
        && tag.is_none_or(valid_tag)
        && digest.is_none_or(valid_digest)
        && domain.len() + 1 + path.len() <= 255;
    let latest = if digest.is_some() { "" } else { "latest" };
    fine.then(|| ImageName {
        repository: format!("{domain}/{path}"),
        tag: tag.unwrap_or(latest).to_owned(),
        digest: digest.unwrap_or_default().to_owned(),
    })
}

/// Whether the first part of a name is a host rather than a directory.
fn is_domain(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost" || part.to_lowercase() != part
}

fn valid_domain(domain: &str) -> bool {
    let (host, port) = domain.split_once(':').unwrap_or((domain, "0"));
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(letter)
    };
    host.split('.').all(part) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lower-case letters and digits, between them one dot, one or two underscores, or any number of hyphens.
fn valid_component(part: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let edges = part.bytes().next().is_some_and(alphanumeric)
        && part.bytes().next_back().is_some_and(alphanumeric);
    let mut separators =
        part.split(|letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit());
    edges
        && separators.all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

fn valid_tag(tag: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'))
}

fn valid_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let word = |part: &str| {
        part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    algorithm.split(['-', '_', '+', '.']).all(word)
        && hex.len() >= 32
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The pull policy that an image gets when none is written: `Always` for the tag `latest`.
pub(super) fn default_pull_policy(image: &str) -> &'static str {
    match parse_image_name(image) {
        Some(name) if name.tag == "latest" => "Always",
        _ => "IfNotPresent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let with_digest = format!("nginx@{digest}");
        let with_both = format!("nginx:1.27@{digest}");
        for (image, repository, tag, expected_digest) in [
            ("nginx", "docker.io/library/nginx", "latest", ""),
            ("nginx:1.27", "docker.io/library/nginx", "1.27", ""),
            ("luksa/kubia", "docker.io/luksa/kubia", "latest", ""),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause", "3.10", ""),
            ("localhost:5000/a/b", "localhost:5000/a/b", "latest", ""),
            ("index.docker.io/nginx", "docker.io/library/nginx", "latest", ""),
            ("a__b/c.d-e---f:x_1", "docker.io/a__b/c.d-e---f", "x_1", ""),
            (&with_digest, "docker.io/library/nginx", "", &digest),
            (&with_both, "docker.io/library/nginx", "1.27", &digest),
        ] {
            let name = parse_image_name(image).unwrap_or_else(|| panic!("{image}"));
            assert_eq!(
                (name.repository.as_str(), name.tag.as_str(), name.digest.as_str()),
                (repository, tag, expected_digest)
            );
        }
    }

    #[test]
    fn impossible_names() {
        for image in [
            "",
            "Nginx",
            "nginx::1",
            "nginx:",
            "nginx@sha256:abc",
            "a//b",
            "-a",
            "a_",
            "a___b",
            "a b",
            ":1",
            "library/파드",
        ] {
            assert_eq!(parse_image_name(image), None, "{image}");
        }
        assert_eq!(parse_image_name(&"a".repeat(64)), None, "an identifier is no name");
    }

    #[test]
    fn pull_policies() {
        for (image, expected) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("nginx:1.27", "IfNotPresent"),
            ("Nginx", "IfNotPresent"),
        ] {
            assert_eq!(default_pull_policy(image), expected, "{image}");
        }
    }
}
