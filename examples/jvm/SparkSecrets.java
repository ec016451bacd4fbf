// SPDX-License-Identifier: Apache-2.0
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The secrets of this pod, on drivers and executors: from files, the environment, or the operator's API. */
public final class SparkSecrets {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration ONE_TRY = Duration.ofSeconds(10);
  private static HttpClient client;

  private SparkSecrets() {}

  /** The value of a key, as text. IllegalStateException: this pod can't have it; the message says why, and no value. */
  public static String get(String key) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(getBytes(key))).toString();
    } catch (CharacterCodingException error) {
      throw new IllegalStateException(key + " is no text: read it with getBytes");
    }
  }

  /** The same for values that are no text, such as a keystore. */
  public static byte[] getBytes(String key) {
    try {
      List<byte[]> here = new ArrayList<>();
      // One variable for each binding: it lists keys and where this pod has them, never a value.
      for (var variable : new TreeMap<>(System.getenv()).entrySet()) {
        byte[] value = variable.getKey().startsWith("SPARK_SECRETS_KEYS_") ? read(variable.getValue(), key) : null;
        if (value != null) here.add(value);
      }
      // Bindings differ while a change is under way, or because their stores do: the API knows which.
      boolean agree = here.stream().allMatch(each -> Arrays.equals(each, here.get(0)));
      return !here.isEmpty() && agree ? here.get(0) : ask(key);
    } catch (IOException | GeneralSecurityException | IllegalArgumentException error) {
      throw new IllegalStateException(key + " can not be read: " + error, error);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + key, error);
    }
  }

  /** From a file, which the kubelet renews, before a variable, which is as old as the container. Null: from neither. */
  private static byte[] read(String places, String key) throws IOException {
    byte[] value = null;
    for (String line : places.split("\n")) {
      String[] place = line.split(" ", 3); // KEY env NAME, or KEY file PATH
      if (place.length < 3 || !place[0].equals(key)) continue;
      if (place[1].equals("file") && Files.isReadable(Path.of(place[2]))) return Files.readAllBytes(Path.of(place[2]));
      String text = place[1].equals("env") ? System.getenv(place[2]) : null;
      // Java puts U+FFFD for what it can't read in its locale: the API has it whole.
      if (text != null && text.indexOf('\uFFFD') < 0) value = text.getBytes(UTF_8);
    }
    return value;
  }

  /** By the API, with the pod's own token: what the bindings that match the pod cover. Waits when it is told to. */
  private static byte[] ask(String key) throws IOException, GeneralSecurityException, InterruptedException {
    String url = System.getenv("SPARK_SECRETS_API_URL");
    if (url == null) throw new IllegalStateException("this pod has no SPARK_SECRETS_API_URL to ask for " + key);
    if (!key.matches("[\\w./-]{1,512}")) throw new IllegalStateException("the API has no key of this form.");
    for (long start = System.nanoTime(); ; ) {
      HttpRequest request = request(URI.create(url + "/api/v1/self/keys/" + key));
      HttpClient client = client();
      String problem;
      long seconds = 1;
      try {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        int status = answer.statusCode();
        String text = member(answer.body(), "value");
        if (status == 200 && text != null) return text.getBytes(UTF_8);
        if (status == 200) return Base64.getDecoder().decode(member(answer.body(), "valueBase64"));
        String detail = member(answer.body(), "detail");
        problem = key + ": " + (detail == null ? "the answer has status " + status + "." : detail);
        // The operator's own 5xx have a detail, a gateway's have none.
        boolean isWorthAnotherTry = status == 429 || status == 503 || status >= 500 && detail == null;
        if (!isWorthAnotherTry) throw new IllegalStateException(problem);
        seconds = answer.headers().firstValueAsLong("Retry-After").orElse(1);
      } catch (IOException error) {
        // Perhaps it is just being updated; but a certificate that is not trusted stays so.
        for (Throwable why = error; why != null; why = why.getCause()) {
          if (why instanceof CertificateException) throw error;
        }
        problem = url + " does not answer: " + error;
      }
      long wait = 1000 * seconds + (long) (500 * Math.random());
      if (System.nanoTime() - start + 1_000_000 * wait > LIMIT.toNanos()) throw new IllegalStateException(problem);
      Thread.sleep(wait);
    }
  }

  private static HttpRequest request(URI uri) throws IOException {
    String mounted = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    // Read each time: the kubelet renews it.
    String token = Files.readString(Path.of(System.getenv().getOrDefault("SPARK_SECRETS_API_TOKEN_FILE", mounted)));
    return HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token.strip()).timeout(ONE_TRY).build();
  }

  /** Trusts the certificates alone that the pod was given; uses no proxy. */
  private static synchronized HttpClient client() throws IOException, GeneralSecurityException {
    if (client != null) return client;
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    for (String der : System.getenv().getOrDefault("SPARK_SECRETS_API_CA", "").split(" ")) {
      CertificateFactory x509 = CertificateFactory.getInstance("X.509");
      var certificate = x509.generateCertificate(new ByteArrayInputStream(Base64.getDecoder().decode(der)));
      trusted.setCertificateEntry("ca-" + trusted.size(), certificate);
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    client = HttpClient.newBuilder().sslContext(tls).proxy(HttpClient.Builder.NO_PROXY).connectTimeout(ONE_TRY).build();
    return client;
  }

  /** A text of a flat JSON object; null: it has none of this name. Any JSON library will do as well. */
  private static String member(String json, String name) {
    Matcher start = Pattern.compile("\"" + name + "\"\\s*:\\s*\"").matcher(json);
    if (!start.find()) return null;
    StringBuilder text = new StringBuilder();
    for (int at = start.end(); json.charAt(at) != '"'; at++) {
      char one = json.charAt(at);
      if (one == '\\') {
        one = json.charAt(++at);
        int control = "bfnrt".indexOf(one);
        if (control >= 0) one = "\b\f\n\r\t".charAt(control);
        else if (one == 'u') one = (char) Integer.parseInt(json.substring(at + 1, (at += 4) + 1), 16);
      }
      text.append(one);
    }
    return text.toString();
  }
}
