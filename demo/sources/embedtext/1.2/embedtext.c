/* embedtext NAME FILE: prints a C definition of FILE's bytes, as `const char NAME[]`. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("embedtext %s\n", VERSION);
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: embedtext NAME FILE\n");
		return 2;
	}
	FILE *in = fopen(argv[2], "rb");
	if (in == NULL) {
		perror(argv[2]);
		return 1;
	}
	printf("/* made by embedtext from %s */\nconst char %s[] = {", argv[2], argv[1]);
	int byte;
	for (unsigned long n = 0; (byte = getc(in)) != EOF; n++)
		printf("%s%d,", n % 16 == 0 ? "\n\t" : " ", byte);
	printf("\n\t0\n};\n");
	fclose(in);
	return ferror(stdout) ? 1 : 0;
}
